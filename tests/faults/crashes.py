"""Owns the crash points: a process of `grid` dies at the very message that it sends or awaits.

No code of ours knows of them. The way between the process and its server sees the message, keeps
it, and kills -9.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.faults.messages import publish_spoiled
from tests.faults.proxy import Mark, Trap
from tests.faults.scene import BEHIND_WAYS, Scene, fault

_SPRING_SECONDS = 60.0

_COMMIT = Mark("client", re.compile(rb"COMMIT\x00"))
_COMMITTED = Mark("server", re.compile(rb"C\x00\x00\x00\x0bCOMMIT\x00"))
_SAYS = Mark("client", re.compile(rb"INSERT INTO outbox"))
_CLAIMS = Mark("client", re.compile(rb"INSERT INTO inbox"))
_KEEPS_FAILED = Mark("client", re.compile(rb"INSERT INTO failed_events"))
_MARKS = Mark("client", re.compile(rb"UPDATE outbox"))
_MARKED = Mark("server", re.compile(rb"C\x00\x00\x00.UPDATE ", re.DOTALL))


def _method(side: str, number: int) -> Mark:
    """Return the mark of a method of AMQP's class basic (60)."""
    frame = rb"\x01\x00.\x00\x00..\x00\x3c\x00" + re.escape(bytes([number]))
    return Mark("client" if side == "client" else "server", re.compile(frame, re.DOTALL))


_PUBLISHES = _method("client", 40)
_CONFIRMS = _method("server", 80)
_STOPS_CONSUMING = _method("server", 31)


@contextmanager
def _dies(
    scene: Scene, kind: str, server: str, marks: Sequence[Mark], *, fresh: bool = False
) -> Iterator[Trap]:
    """Set the trap, wait until it has sprung, and start the process again afterwards.

    A fresh process prepares its statements anew, so that their words pass once more.

    Raises:
        NotSettled: when the trap doesn't spring.
    """
    way, process = scene.paths.by_name[kind, server], scene.process(kind, BEHIND_WAYS)
    trap = Trap(marks, process.kill)
    if fresh:
        process.kill()
    way.trap = trap
    if fresh:
        process.restart()
    try:
        yield trap
        scene.until(trap.sprung.is_set, f"{kind} dies on its way to {server}", _SPRING_SECONDS)
    finally:
        way.trap = None
    scene.hold()
    process.restart()


@fault("processes", "an API dies before its commit")
@contextmanager
def api_before_commit(scene: Scene) -> Iterator[None]:
    """Nothing happened, and the client asks again."""
    with _dies(scene, "api", "database", (_SAYS, _COMMIT), fresh=True):
        yield


@fault("processes", "an API dies after its commit, before its answer")
@contextmanager
def api_after_commit(scene: Scene) -> Iterator[None]:
    """It happened, and the client, who doesn't know, asks again."""
    with _dies(scene, "api", "database", (_SAYS, _COMMITTED), fresh=True):
        yield


@fault("processes", "a relay dies after the commit, before it publishes")
@contextmanager
def relay_before_publish(scene: Scene) -> Iterator[None]:
    """Nobody heard of it yet."""
    with _dies(scene, "relay", "broker", (_PUBLISHES,)):
        yield


@fault("processes", "a relay dies after publishing, before it knows")
@contextmanager
def relay_before_confirm(scene: Scene) -> Iterator[None]:
    """The broker has it, and the confirm never arrives."""
    with _dies(scene, "relay", "broker", (_PUBLISHES, _CONFIRMS)):
        yield


@fault("processes", "a relay dies after the confirm, before it marks")
@contextmanager
def relay_before_mark(scene: Scene) -> Iterator[None]:
    """It is confirmed and counts as unsent."""
    with _dies(scene, "relay", "database", (_MARKS,), fresh=True):
        yield


@fault("processes", "a relay dies after it has marked")
@contextmanager
def relay_after_mark(scene: Scene) -> Iterator[None]:
    """Nothing is left to do."""
    with _dies(scene, "relay", "database", (_MARKS, _MARKED), fresh=True):
        yield


@fault("processes", "a worker dies in a handler, before the commit")
@contextmanager
def worker_before_commit(scene: Scene) -> Iterator[None]:
    """The event comes again, and nothing of its effect is there."""
    with _dies(scene, "worker", "database", (_CLAIMS, _COMMIT), fresh=True):
        yield


@fault("processes", "a worker dies after the commit, before the ack")
@contextmanager
def worker_before_ack(scene: Scene) -> Iterator[None]:
    """The event comes again, and all of its effect is there."""
    with _dies(scene, "worker", "database", (_CLAIMS, _COMMITTED), fresh=True):
        yield


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
