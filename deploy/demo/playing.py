"""Owns how a story is played: requests of personas, effects that come of them, patience with both.

A step is asked again, with the same Idempotency-Key, while the system says that it can't answer
now; so a story outlasts a stopped service, broker or database, and does nothing twice.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import requests

PATIENCE_SECONDS = 120.0
_LOOK_EVERY_SECONDS = 0.005
_AGAIN_EVERY_SECONDS = 0.5
_NOT_NOW = (429, 502, 503, 504)

EventIds = Callable[[str, str], list[str]]
"""Tells, for a service and a subject, the ids of the events said about it, as `type id`."""


class StoryBroken(Exception):
    """A step was refused or an effect did not come; the message says which and what was seen."""


@dataclass(frozen=True)
class Step:
    """What one persona did."""

    who: str
    what: str
    status: int
    milliseconds: float
    events: list[str]
    repeated: bool = False
    """It was sent once more with the same key, and got the same answer."""


@dataclass(frozen=True)
class Call:
    """One HTTP request of a story."""

    service: str
    method: str
    path: str
    expected: tuple[int, ...] = (200,)
    body: Any = None
    subject: Callable[[Any], str] | None = None
    """Finds in the answer the id of what the events of this step are about."""
    not_yet: tuple[int, ...] = ()
    """Refusals that pass once an event has arrived or the clock was read: it is asked again."""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Effect:
    """What a step brought about elsewhere, and how long after its answer it was seen."""

    where: str
    what: str
    milliseconds: float


@dataclass(frozen=True)
class Stage:
    """What a story needs of the system that it is played on."""

    address_of: Callable[[str], str]
    """Where a service answers."""
    token_of: Callable[[str], str]
    """The token of a persona."""
    event_ids: EventIds
    now: Callable[[], datetime]
    """Business time."""
    advance: Callable[[float], None]
    """Lets so many seconds of business time pass, and returns when every service knows."""
    mails_to: Callable[[str], list[str]]
    """The e-mails, subject and text, that came to an address."""
    tell: Callable[[Step | Effect], None]


@dataclass
class Player:
    """Plays steps and waits for effects on a stage."""

    stage: Stage
    done: list[Step | Effect] = field(default_factory=list)
    _answered_at: float = field(default_factory=time.perf_counter)

    def step(self, who: str, what: str, call: Call) -> Any:
        """Send a request as a persona and return the answer's content; a POST is sent twice.

        Raises:
            StoryBroken: when it is refused, answered differently the second time, or not answered
                for two minutes.
        """
        started = time.perf_counter()
        headers = self.headers_of(who) | dict(call.headers)
        if call.method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        answer = self._patiently(call, headers)
        self._answered_at = time.perf_counter()
        if answer.status_code not in call.expected:
            raise StoryBroken(f"{who} {what}: {answer.status_code} {answer.text[:400]}")
        repeated = call.method == "POST" and answer.status_code < 400
        if repeated:
            self._send_again(call, headers, answer)
        content = answer.json()
        events = self.stage.event_ids(call.service, call.subject(content)) if call.subject else []
        milliseconds = (self._answered_at - started) * 1000
        self._note(Step(who, what, answer.status_code, milliseconds, events, repeated))
        return content

    def effect(self, who: str, where: str, what: str, path: str, seen: Callable[[Any], Any]) -> Any:
        """Look, as a persona, until `seen` finds something in what a service shows; return that.

        Raises:
            StoryBroken: when it doesn't in two minutes.
        """
        call = Call(where, "GET", path)

        def look() -> Any:
            answer = self._patiently(call, self.headers_of(who))
            return seen(answer.json()) if answer.status_code == 200 else None

        return self.await_effect(where, what, look)

    def await_effect(self, where: str, what: str, look: Callable[[], Any]) -> Any:
        """Look until something is found, note it as an effect and return it.

        Raises:
            StoryBroken: when nothing is in two minutes.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := look():
                milliseconds = (time.perf_counter() - self._answered_at) * 1000
                self._note(Effect(where, what, milliseconds))
                return found
            # ever less often, or the front door's limit is reached before the effect comes
            waited = time.perf_counter() - self._answered_at
            time.sleep(min(1.0, max(_LOOK_EVERY_SECONDS, waited / 20)))
        raise StoryBroken(f"{where} 未见：{what}")

    def ask(self, who: str, service: str, path: str) -> Any:
        """Return what a service shows a persona; no step of the story.

        Raises:
            StoryBroken: when it refuses.
        """
        answer = self._patiently(Call(service, "GET", path), self.headers_of(who))
        if answer.status_code != 200:
            raise StoryBroken(f"{who} GET {service}{path}: {answer.status_code} {answer.text}")
        return answer.json()

    def exists(self, who: str, service: str, path: str) -> bool:
        """Tell whether a service has something for a persona at a path."""
        answer = self._patiently(Call(service, "GET", path), self.headers_of(who))
        return answer.status_code == 200

    def put(self, who: str, what: str, service: str, path: str, body: Any) -> None:
        """Set up what may have been set up by an earlier play.

        Raises:
            StoryBroken: when it is refused.
        """
        seen = (("If-Match", "*"),) if self.exists(who, service, path) else ()
        self.step(who, what, Call(service, "PUT", path, (200, 201), body, headers=seen))

    def id_of(self, who: str) -> str:
        """Return the id of a persona's account."""
        return str(self.ask(who, "gateway", "/me")["id"])

    def headers_of(self, who: str) -> dict[str, str]:
        """Return the headers with which a persona asks; nobody has none."""
        if not who:
            return {}
        token = self._until_possible(lambda: self.stage.token_of(who))
        return {"Authorization": f"Bearer {token}"}

    def _patiently(self, call: Call, headers: dict[str, str]) -> requests.Response:
        url = f"{self.stage.address_of(call.service)}/api/v1/{call.service}{call.path}"

        def answer() -> requests.Response | None:
            got = requests.request(call.method, url, json=call.body, headers=headers, timeout=30)
            return None if got.status_code in (*_NOT_NOW, *call.not_yet) else got

        got: requests.Response = self._until_possible(answer)
        return got

    def _until_possible(self, attempt: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        why: object = "nothing"
        while time.monotonic() < deadline:
            try:
                if (found := attempt()) is not None:
                    return found
                why = "暂时不可用"
            except requests.RequestException as error:
                why = error
            time.sleep(_AGAIN_EVERY_SECONDS)
        raise StoryBroken(f"{PATIENCE_SECONDS:g} 秒内没有应答：{why}")

    def _send_again(self, call: Call, headers: dict[str, str], first: requests.Response) -> None:
        """Send the same request with the same key, as a client does that lost the answer.

        Raises:
            StoryBroken: when it isn't answered as the first time.
        """
        again = self._patiently(call, headers)
        if (again.status_code, again.content) != (first.status_code, first.content):
            raise StoryBroken(f"重复请求得到不同应答：{again.status_code} {again.text[:400]}")

    def _note(self, happened: Step | Effect) -> None:
        self.done.append(happened)
        self.stage.tell(happened)
