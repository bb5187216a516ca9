"""Owns the faults of the network between `grid` and its servers: slow, cut, stalled, half-open."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tests.faults.proxy import Mode
from tests.faults.scene import Fault, Scene, enter, fault


@contextmanager
def _behaving(scene: Scene, server: str, mode: Mode) -> Iterator[None]:
    """Let each piece wait 50 ms, or nothing through for a while; then everything."""
    ways = scene.paths.to(server)
    for way in ways:
        way.behave(mode)
    scene.hold(10)
    yield
    for way in ways:
        way.behave("through")


@contextmanager
def _cut(scene: Scene, server: str) -> Iterator[None]:
    """Reset every connection to a server."""
    for way in scene.paths.to(server):
        way.cut()
    yield


def _enter_all(server: str) -> None:
    slow, stalled = (partial(_behaving, server=server, mode=mode) for mode in ("slow", "stalled"))
    what = f"network to the {server} stalls, connections stay"
    enter(Fault(f"slow_{server}", f"slow network to the {server}", "network", slow))
    enter(Fault(f"stalled_{server}", what, "network", stalled))
    cut = partial(_cut, server=server)
    enter(Fault(f"cut_{server}", f"connections to the {server} are cut", "network", cut))


for _server in ("broker", "database"):
    _enter_all(_server)


@fault("network", "half-open connections to the broker: nothing arrives, nobody says so")
@contextmanager
def half_open_broker(scene: Scene) -> Iterator[None]:
    """Strand what is connected; who connects anew gets through. Heartbeats find it out."""
    for way in scene.paths.to("broker"):
        way.strand()
    yield


@fault("network", "half-open connections to the database, until the kernel gives them up")
@contextmanager
def half_open_database(scene: Scene) -> Iterator[None]:
    """Strand what is connected; after a while it is reset, as TCP's own time limit does."""
    ways = scene.paths.to("database")
    for way in ways:
        way.strand()
    scene.hold(15)
    yield
    for way in ways:
        way.cut()
