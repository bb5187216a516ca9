"""Owns the crash points: a process of `grid` dies at the very message that it sends or awaits.

No code of ours knows of them. The way between the process and its server sees the message, keeps
it, and kills -9.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from tests.faults.messages import publish_spoiled
from tests.faults.proxy import Mark, Side, Trap
from tests.faults.scene import BEHIND_WAYS, Fault, Scene, enter, fault

_SPRING_SECONDS = 60.0

_COMMIT = Mark("client", re.compile(rb"COMMIT\x00"))
_COMMITTED = Mark("server", re.compile(rb"C\x00\x00\x00\x0bCOMMIT\x00"))
_SAYS = Mark("client", re.compile(rb"INSERT INTO outbox"))
_CLAIMS = Mark("client", re.compile(rb"INSERT INTO inbox"))
_KEEPS_FAILED = Mark("client", re.compile(rb"INSERT INTO failed_events"))
_MARKS = Mark("client", re.compile(rb"UPDATE outbox"))
_MARKED = Mark("server", re.compile(rb"C\x00\x00\x00.UPDATE ", re.DOTALL))


def _method(side: Side, number: int) -> Mark:
    """Return the mark of a method of AMQP's class basic (60)."""
    frame = rb"\x01\x00.\x00\x00..\x00\x3c\x00" + re.escape(bytes([number]))
    return Mark(side, re.compile(frame, re.DOTALL))


_PUBLISHES = _method("client", 40)
_CONFIRMS = _method("server", 80)
_STOPS_CONSUMING = _method("server", 31)


@contextmanager
def _dies(
    scene: Scene, kind: str, server: str, marks: Sequence[Mark], *, fresh: bool = False
) -> Iterator[None]:
    """Set the trap, wait until it has sprung, and start the process again afterwards.

    A fresh process prepares its statements anew, so that their words pass once more.

    Raises:
        NotSettled: when the trap doesn't spring.
    """
    ways, process = scene.paths.by_name[kind, server], scene.process(kind, BEHIND_WAYS)
    trap = Trap(marks, process.kill)
    if fresh:
        process.kill()
    for way in ways:
        way.trap = trap
    if fresh:
        process.restart()
    try:
        yield
        scene.until(trap.sprung.is_set, f"{kind} dies on its way to {server}", _SPRING_SECONDS)
    finally:
        for way in ways:
            way.trap = None
    scene.hold()
    process.restart()


def _enter(name: str, what: str, way: tuple[str, str], marks: tuple[Mark, ...]) -> None:
    kind, server = way
    # words of SQL pass while statements are prepared; AMQP's methods pass always
    strike = partial(_dies, kind=kind, server=server, marks=marks, fresh=server == "database")
    enter(Fault(name, what, "processes", strike))


_API, _WORKER = ("api", "database"), ("worker", "database")
_PUBLISHING, _MARKING = ("relay", "broker"), ("relay", "database")

for _crash in (
    ("api_before_commit", "an API dies before its commit", _API, (_SAYS, _COMMIT)),
    (
        "api_after_commit",
        "an API dies after its commit, before its answer",
        _API,
        (_SAYS, _COMMITTED),
    ),
    (
        "relay_before_publish",
        "a relay dies after the commit, before it publishes",
        _PUBLISHING,
        (_PUBLISHES,),
    ),
    (
        "relay_before_confirm",
        "a relay dies after publishing, before it knows",
        _PUBLISHING,
        (_PUBLISHES, _CONFIRMS),
    ),
    (
        "relay_before_mark",
        "a relay dies after the confirm, before it marks",
        _MARKING,
        (_MARKS,),
    ),
    ("relay_after_mark", "a relay dies after it has marked", _MARKING, (_MARKS, _MARKED)),
    (
        "worker_before_commit",
        "a worker dies in a handler, before the commit",
        _WORKER,
        (_CLAIMS, _COMMIT),
    ),
    (
        "worker_before_ack",
        "a worker dies after the commit, before the ack",
        _WORKER,
        (_CLAIMS, _COMMITTED),
    ),
):
    _enter(*_crash)


@fault("processes", "a worker dies after it kept a failed event, before the ack")
@contextmanager
def worker_after_failed(scene: Scene) -> Iterator[None]:
    """The event comes again, and is kept once."""
    with _dies(scene, "worker", "database", (_KEEPS_FAILED, _COMMITTED), fresh=True):
        publish_spoiled(scene, "inspections", "finding_raised.v1", b"\xff")
        yield


@fault("processes", "a worker dies while it stops")
@contextmanager
def worker_in_shutdown(scene: Scene) -> Iterator[None]:
    """What was under way comes again."""
    with _dies(scene, "worker", "broker", (_STOPS_CONSUMING,)):
        scene.process("worker", BEHIND_WAYS).ask_to_end()
        yield
