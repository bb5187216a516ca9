"""Owns a relay's knowledge of its outlets: the bindings by which the hearers of each of its events
get it.

A message is returned to the relay only when no queue at all gets it. Of an event with several
hearers, one's lost binding would go unnoticed: the broker confirms what that one never hears.
So the relay looks at its bindings, holds what lacks one, and says again what it sent since the
last look at which all was well.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared import metrics
from shared.messaging.broker import BrokerRefused, BrokerUnavailable, broker_seen_by
from shared.messaging.topology import Binding, EventType, bindings_of_event, events_of, exchange_of

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 5.0
_SOONER_SECONDS = 1.0

Marks = Mapping[Binding, frozenset[str]]
"""The bindings that are there, each with the marks by which the broker tells it from another of
the same key. A binding that is provisioned again has another mark than before."""


class KnowsBindings(Protocol):
    """Who knows the bindings: the broker."""

    def bindings_from(self, exchange: str) -> Marks:
        """Return the bindings of an exchange."""
        ...


@dataclass(frozen=True)
class Standing:
    """What holds for one round of publishing."""

    held: frozenset[str]
    """Events that must not be published now."""
    epochs: Mapping[str, int]
    """How often each event was found without all its bindings. What was published in one epoch
    and confirmed in another may have missed a hearer."""
    back: Mapping[str, int | None]
    """Held events that have all bindings again, each with the position from which its sent rows
    must be said again; None when nothing of it was sent."""


@dataclass
class _Outlet:
    """One event: what it needs, and what is uncertain of it."""

    wanted: frozenset[Binding]
    missing: bool = False
    broken: bool = False
    """It lacked a binding, and what was sent meanwhile was not said again yet."""
    epoch: int = 0
    before: int | None = None
    """The lowest position sent before the look under way; the look vouches for it or doesn't."""
    since: int | None = None
    """The lowest position sent after the last look began: only the next one can vouch for it."""

    @property
    def uncertain(self) -> int | None:
        """The lowest position that no look has vouched for yet."""
        return _lower(self.before, self.since)


@dataclass
class Outlets:
    """Every event of a service. A thread looks, the relay's session asks."""

    service: str
    broker: KnowsBindings
    events: Sequence[EventType]
    _marks: dict[Binding, frozenset[str]] = field(default_factory=dict)
    _looked: bool = False

    def __post_init__(self) -> None:
        self._exchange = exchange_of(self.service)
        self._outlets = {one.name: _Outlet(bindings_of_event(one)) for one in self.events}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._begun = 0
        self._needed = 0

    def begin(self, uncertain_from: int) -> None:
        """Begin a session: until a look has ended nothing is published, and until one finds all in
        order what another relay may have sent before is uncertain from that position on."""
        with self._lock:
            for outlet in self._outlets.values():
                outlet.since = _lower(outlet.since, uncertain_from)
            self._looked, self._needed = False, self._begun + 1
        self._wake.set()

    def standing(self) -> Standing | None:
        """Return what holds now; None while the first look of the session is not over."""
        with self._lock:
            if not self._looked:
                return None
            broken = {name: one for name, one in self._outlets.items() if one.broken}
            return Standing(
                frozenset(broken),
                {name: one.epoch for name, one in self._outlets.items()},
                {name: one.uncertain for name, one in broken.items() if not one.missing},
            )

    def sent(self, event: str, position: int, epoch: int) -> bool:
        """Note a row that the broker confirmed; tell whether it counts as sent.

        It doesn't when a binding was found missing after it was published.
        """
        with self._lock:
            outlet = self._outlets.get(event)
            if outlet is None:
                return True
            if outlet.epoch != epoch:
                return False
            outlet.since = _lower(outlet.since, position)
            return True

    def walked(self, event: str, position: int) -> None:
        """Note that what was sent before this position is to be said again already."""
        with self._lock:
            outlet = self._outlets[event]
            outlet.before, outlet.since = position, None

    def mended(self, event: str) -> None:
        """Note that everything uncertain is to be said again; the event may go, if no binding was
        lost meanwhile."""
        with self._lock:
            outlet = self._outlets[event]
            outlet.before = outlet.since = None
            outlet.broken = outlet.missing
        metrics.RELAY_HELD.labels(event).set(outlet.broken)

    def look(self) -> None:
        """Compare once. While the management API is away the last answer stands, and what is sent
        stays uncertain."""
        with self._lock:
            self._begun += 1
            number = self._begun
            for outlet in self._outlets.values():
                outlet.before, outlet.since = outlet.uncertain, None
        try:
            found = self.broker.bindings_from(self._exchange)
        except (BrokerUnavailable, BrokerRefused) as error:
            log.warning("bindings not compared", extra={"why": str(error)})
        else:
            self._compare(found)
        with self._lock:
            self._looked = self._looked or number >= self._needed

    def keep_looking(self, stop: threading.Event) -> None:
        """Look every few seconds, sooner while an event is held, until told to stop."""
        while not stop.is_set():
            self._wake.clear()
            self.look()
            held = any(one.broken for one in self._outlets.values())
            self._wake.wait(_SOONER_SECONDS if held else INTERVAL_SECONDS)

    def _compare(self, found: Marks) -> None:
        with self._lock:
            replaced = {
                binding
                for binding, marks in found.items()
                if binding in self._marks and not marks & self._marks[binding]
            }
            lacking = [
                name for name, one in self._outlets.items() if _judge(one, set(found), replaced)
            ]
            self._marks.update(found)
        for name in lacking:
            metrics.RELAY_HELD.labels(name).set(1)
        if lacking:
            wanted = {binding for name in lacking for binding in self._outlets[name].wanted}
            missing = sorted(f"{b.queue} ({b.key})" for b in wanted - found.keys())
            log.error(
                "events are held: bindings are missing or were made anew",
                extra={"events": lacking, "missing": missing},
            )


def _judge(outlet: _Outlet, found: set[Binding], replaced: set[Binding]) -> bool:
    """Note what a look found for one event; tell whether something was wrong."""
    outlet.missing = not outlet.wanted <= found
    wrong = outlet.missing or bool(outlet.wanted & replaced)
    if wrong and not outlet.broken:
        outlet.broken = True
        outlet.epoch += 1
    if not outlet.broken:
        outlet.before = None
    return wrong


def _lower(one: int | None, other: int | None) -> int | None:
    return min((n for n in (one, other) if n is not None), default=None)


def outlets_of(service: str, monitor_url: str, amqp_url: str) -> Outlets:
    """Return the outlets of a service on the virtual host of its own login."""
    return Outlets(service, broker_seen_by(monitor_url, amqp_url), events_of(service))
