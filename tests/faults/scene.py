"""Owns the scene of a run: the system, its ways, those who work in it, and chance."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from shared.config import each_url
from shared.messaging.topology import SERVICES
from tests.faults import effects
from tests.faults.driver import Driver
from tests.faults.ledger import Counts, Ledger, Verdict
from tests.faults.proxy import Way, Ways
from tests.processes import Process
from tests.whole_system import WholeSystem

BEHIND_WAYS = "grid"
"""The service whose processes reach their servers over ways that can be disturbed."""

SETTLE_SECONDS = 900.0
"""An event that failed twice waits half a minute, a lease that nobody gave back five."""


class NotSettled(Exception):
    """The system did not come to rest in time; the message says what is left."""


@dataclass
class Paths:
    """The ways of the processes behind them, by (kind, server)."""

    ways: Ways
    by_name: dict[tuple[str, str], list[Way]] = field(default_factory=dict)

    def through(self, service: str, kind: str, url: str) -> str:
        """Lead a process of the service over ways of its own, one to each of several brokers."""
        if service != BEHIND_WAYS:
            return url
        return ",".join(self._lead(kind, one) for one in each_url(url))

    def to(self, server: str) -> list[Way]:
        """Return every way to a server."""
        return [way for (_, to), ways in self.by_name.items() if to == server for way in ways]

    def _lead(self, kind: str, url: str) -> str:
        parts = urlsplit(url)
        server = "broker" if parts.scheme == "amqp" else "database"
        way = self.ways.lead(str(parts.hostname), int(parts.port or 0))
        self.by_name.setdefault((kind, server), []).append(way)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{way.port}"))


@dataclass
class Scene:
    """What a fault strikes, and what it may use."""

    system: WholeSystem
    paths: Paths
    ledger: Ledger
    driver: Driver
    chance: random.Random
    patience: float = 3.0
    """The longest that a fault lasts, in seconds, where it doesn't say otherwise."""
    before: Counts = field(default_factory=dict)
    _never: threading.Event = field(default_factory=threading.Event)

    def hold(self, longest: float | None = None) -> None:
        """Let the fault last: a while that chance chooses."""
        self._never.wait(self.chance.uniform(0.3, 1.0) * (longest or self.patience))

    def process(self, kind: str, service: str | None = None) -> Process:
        """Return a process of a kind, of a service that chance chooses."""
        return self.system.processes[service or self.chance.choice(SERVICES), kind]

    def until(
        self, done: Callable[[], bool], what: str, seconds: float = 60.0, every: float = 0.1
    ) -> None:
        """Return when it is true; look every so many seconds.

        Raises:
            NotSettled: when it isn't in time.
        """
        started = time.monotonic()
        while not done():
            self.driver.require_whole()
            if time.monotonic() - started > seconds:
                raise NotSettled(f"not within {seconds:g} s: {what}")
            self._never.wait(every)

    def recovered(self) -> float:
        """Return after how many seconds commands that were accepted from now on had their effects.

        Raises:
            NotSettled: when they hadn't in ten minutes.
        """
        first = len(self.ledger.accepted)
        started = time.monotonic()
        self.driver.await_accepted(first + 10)
        probed = set(self.ledger.accepted[first : first + 10])
        wanted = {
            (effect, one.subject) for one in probed for effect in self.ledger.promises[one.command]
        }
        # a look goes through every table, which slows down what it measures
        self.until(lambda: wanted <= set(effects.count(self.system)), "first effects", 600, 0.5)
        self.until(self._all_ready, "every process is ready", 120)
        return time.monotonic() - started

    def _all_ready(self) -> bool:
        return all(process.ready() for process in self.system.processes.values())

    def rest(self) -> None:
        """Return when outboxes, retries and queues are empty.

        Raises:
            NotSettled
        """
        self.until(self.system.at_rest, "outboxes empty, no retry waits", SETTLE_SECONDS)
        depths = self.system.broker.depths
        self.until(lambda: not any(depths().values()), "queues empty", SETTLE_SECONDS)

    def settle(self) -> Verdict:
        """Return the verdict once nothing is under way any more and all agree, or time is up.

        Raises:
            NotSettled: when outboxes, retries or queues don't become empty.
        """
        self.rest()
        verdict = self.verdict()
        deadline = time.monotonic() + 30
        while not verdict.holds and time.monotonic() < deadline:
            self._never.wait(0.5)
            verdict = self.verdict()
        return verdict

    def verdict(self) -> Verdict:
        """Compare the ledger with what the databases say now."""
        found = effects.since(self.before, effects.count(self.system))
        return self.ledger.compare(found, effects.parked(self.system))


Touched = Literal["messages", "processes", "network", "broker", "database"]
"""What faults strike, in the order in which two that meet begin: the first is mended last."""

Strike = Callable[[Scene], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: it begins, lasts while the context is open, and is mended."""

    name: str
    what: str
    touches: Touched
    strike: Strike
    alone: bool = False
    """It waits until all is well, so nothing else may be wrong."""
    brokers: int = 1
    """How many brokers there must be."""


CATALOGUE: dict[str, Fault] = {}
"""Every fault by its name."""


def enter(one: Fault) -> None:
    """Enter a fault into the catalogue."""
    CATALOGUE[one.name] = one


def fault(
    touches: Touched, what: str, *, alone: bool = False, brokers: int = 1
) -> Callable[[Strike], Strike]:
    """Enter a context manager into the catalogue, under its own name."""

    def enter_it(strike: Strike) -> Strike:
        name = strike.__name__
        enter(Fault(name, what, touches, strike, alone, brokers))
        return strike

    return enter_it
