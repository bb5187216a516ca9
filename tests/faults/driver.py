"""Owns who works while faults strike: they send commands through HTTP with Idempotency-Keys, again
and again until they have an answer, and write into the ledger what was accepted."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address
from string import ascii_lowercase
from typing import Any
from uuid import UUID

import requests

from deploy.demo.personas import SignedIn
from deploy.demo.story import (
    CHECKLIST,
    COMMUNITY,
    Rectification,
    demo_checklists,
    failing_inspection,
)
from tests.faults.ledger import Accepted, Ledger
from tests.whole_system import PASSWORD, WholeSystem

PATIENCE_SECONDS = 600.0
"""How long a driver asks again; a system that hasn't answered by then has lost the command."""

_AGAIN_SECONDS = 0.25
_NOT_NOW = (429, 502, 503, 504)
_ASKED_TWICE = 0.1
"""Share of the commands that are sent once more after their answer."""


class DriverBroken(Exception):
    """A command was refused, or answered differently the second time."""


@dataclass
class Work:
    """What the drivers share: the cases that wait for their next step."""

    dispatched: deque[str] = field(default_factory=deque)
    resolved: deque[str] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Driver:
    """Several clients at once. Use as a context manager, within which they work."""

    def __init__(
        self, system: WholeSystem, ledger: Ledger, seed: str, per_second: float, clients: int = 4
    ) -> None:
        """Take what they work on; `per_second` is how many commands all send at most."""
        self._system = system
        self._ledger = ledger
        self._stop = threading.Event()
        self._pause = clients / per_second
        self._clients = clients
        self._turns = threading.Semaphore(clients)
        self._work = Work()
        self._signed_in = SignedIn(system.address_of, PASSWORD)
        self._signing_in = threading.Lock()
        self.broken: Exception | None = None
        self._threads = [
            threading.Thread(target=self._drive, args=(random.Random(f"{seed}-{number}"),))
            for number in range(clients)
        ]

    def prepare(self) -> None:
        """Publish the checklist and fill the posts, before anything is counted."""
        story: Rectification = self._system.story()
        story.know_the_community()
        story.publish_checklist()
        story.fill_posts()

    def __enter__(self) -> "Driver":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Return when every client has finished its command."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def require_whole(self) -> None:
        """Tell when a client gave up.

        Raises:
            DriverBroken
        """
        if self.broken is not None:
            raise DriverBroken(str(self.broken)) from self.broken

    def await_accepted(self, count: int) -> None:
        """Return when so many commands in all were accepted.

        Raises:
            DriverBroken: when they weren't in time, or a client gave up.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self._ledger.accepted) < count:
            self.require_whole()
            if time.monotonic() > deadline:
                raise DriverBroken(
                    f"{len(self._ledger.accepted)} of {count} in {PATIENCE_SECONDS:g} s"
                )
            self._stop.wait(0.02)

    def _drive(self, chance: random.Random) -> None:
        try:
            client = _Client(self, chance)
            due = time.monotonic()
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                # what an outage held up isn't caught up at once: clients are people
                due = max(due + self._pause, time.monotonic())
                with self._turns:
                    client.work()
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the drivers
            self.broken = error

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let every client finish its command and wait: none lives in two times at once."""
        for _ in range(self._clients):
            self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release(self._clients)

    def token_of(self, who: str) -> str:
        """Return a token; one client signs a persona in for all."""
        with self._signing_in:
            return self._signed_in.token_of(who)


class _Client:
    """One client: a connection, its own chance, one command after the other."""

    def __init__(self, driver: Driver, chance: random.Random) -> None:
        self._driver = driver
        self._system, self._ledger = driver._system, driver._ledger
        self._work = driver._work
        self._chance = chance
        self._http = requests.Session()
        self._commands: Mapping[Callable[[], None], int] = {
            self._inspect: 4,
            self._report: 2,
            self._call_volunteers: 2,
            self._create_account: 1,
            self._resolve: 2,
            self._close: 2,
        }
        (checklist,) = (one for one in demo_checklists() if one["code"] == CHECKLIST)
        self._items = [item["code"] for item in checklist["items"]]

    def work(self) -> None:
        """Do one command."""
        commands = list(self._commands)
        (command,) = self._chance.choices(commands, weights=list(self._commands.values()))
        command()

    def _inspect(self) -> None:
        body = failing_inspection(self._items, self._system.now())
        self._command("inspection", "检查员", "inspections", "/inspections", body, _finding)

    def _report(self) -> None:
        place = f"三元一村 {self._id()}"
        body = {
            "area_code": COMMUNITY,
            "case_class": "exposed-litter",
            "place": place,
            "description": "垃圾散落在桶外，两天没人收",
        }
        self._command("report", "", "grid", "/reports", body, lambda _: place)

    def _call_volunteers(self) -> None:
        starts = self._system.now() + timedelta(days=2)
        body = {
            "area_code": COMMUNITY,
            "kind": "environment_cleanup",
            "title": "三元一村楼道清理志愿行动",
            "place": "三元一村 3 幢楼下集合",
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=2)).isoformat(),
            "places": 12,
        }
        self._command("activity", "社区书记", "volunteers", "/activities", body, _id)

    def _create_account(self) -> None:
        # without digits: chance once made a telephone number of them, which is refused as a name
        username = "f" + "".join(self._chance.choices(ascii_lowercase, k=23))
        body = {"username": username, "display_name": "王芳", "grants": []}
        made = self._command("account", "账号管理员", "gateway", "/accounts", body, _id)
        grant = {"role": "grid_officer", "areas": [COMMUNITY]}
        path = f"/accounts/{made}/grants"
        self._command("grant", "账号管理员", "gateway", path, grant, lambda _: made)

    def _resolve(self) -> None:
        if case := self._take_dispatched():
            body = {"note": "已清运，楼道恢复畅通"}
            path = f"/cases/{case}/resolve"
            self._command("resolve", "物业处理员", "grid", path, body, _id)
            self._work.resolved.append(case)

    def _close(self) -> None:
        try:
            case = self._work.resolved.popleft()
        except IndexError:
            return
        body = {"note": "现场核查合格"}
        self._command("close", "网格员", "grid", f"/cases/{case}/close", body, _id)

    def _take_dispatched(self) -> str | None:
        """Return a case that nobody else takes; look for some when none is known."""
        with self._work.lock:
            if not self._work.dispatched:
                path = f"/cases?area={COMMUNITY}&state=dispatched&limit=50"
                page = self._ask("GET", "物业处理员", "grid", path).json()
                fresh = {str(case["id"]) for case in page["items"]} - self._work.seen
                self._work.seen |= fresh
                self._work.dispatched.extend(sorted(fresh))
            return self._work.dispatched.popleft() if self._work.dispatched else None

    def _command(
        self,
        command: str,
        who: str,
        service: str,
        path: str,
        body: Any,
        subject: Callable[[Any], str],
    ) -> str:
        """Send a command until it is answered, and write it down; sometimes send it once more.

        Returns the subject.
        """
        key = self._id()
        answer = self._ask("POST", who, service, path, body, key)
        if answer.status_code not in (200, 201):
            raise DriverBroken(f"{command}: {answer.status_code} {answer.text[:400]}")
        about = subject(answer.json())
        self._ledger.write(Accepted(command, about, key))
        if self._chance.random() < _ASKED_TWICE:
            again = self._ask("POST", who, service, path, body, key)
            if (again.status_code, again.content) != (answer.status_code, answer.content):
                raise DriverBroken(f"{command} again: {again.status_code} {again.text[:400]}")
        return about

    def _ask(
        self, method: str, who: str, service: str, path: str, body: Any = None, key: str = ""
    ) -> requests.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        why = "nothing asked"
        while time.monotonic() < deadline:
            try:
                headers = {"Idempotency-Key": key} if key else {}
                if not who:
                    # as the front door says it; a real resident has an address of their own
                    headers["X-Real-IP"] = str(IPv4Address(0x0A000000 + UUID(key).int % 2**24))
                else:
                    headers["Authorization"] = f"Bearer {self._driver.token_of(who)}"
                url = f"{self._system.address_of(service)}/api/v1/{service}{path}"
                answer = self._http.request(method, url, json=body, headers=headers, timeout=20)
                if answer.status_code not in _NOT_NOW:
                    return answer
                why = f"{answer.status_code} {answer.text[:200]}"
            except requests.RequestException as error:
                why = f"{type(error).__name__}: {error}"
            # a stopping driver still waits for its answer: nobody else knows what came of it
            time.sleep(_AGAIN_SECONDS)
        raise DriverBroken(f"{method} {service}{path}: no answer in {PATIENCE_SECONDS:g} s: {why}")

    def _id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))


def _id(content: Any) -> str:
    return str(content["id"])


def _finding(inspection: Any) -> str:
    return str(inspection["findings"][0]["id"])
