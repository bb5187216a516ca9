"""Owns the faults of the network between `grid` and its servers: slow, cut, stalled, half-open."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.proxy import Mode, Way
from tests.faults.scene import Scene, fault


@contextmanager
def _behaving(scene: Scene, ways: list[Way], mode: Mode) -> Iterator[None]:
    for way in ways:
        way.behave(mode)
    scene.hold(10)
    yield
    for way in ways:
        way.behave("through")


@fault("network", "slow network to the broker")
@contextmanager
def slow_broker(scene: Scene) -> Iterator[None]:
    """Let each piece wait 50 ms."""
    with _behaving(scene, scene.paths.to("broker"), "slow"):
        yield


@fault("network", "slow network to the database")
@contextmanager
def slow_database(scene: Scene) -> Iterator[None]:
    """Let each piece wait 50 ms."""
    with _behaving(scene, scene.paths.to("database"), "slow"):
        yield


@fault("network", "network to the broker stalls, connections stay")
@contextmanager
def stalled_broker(scene: Scene) -> Iterator[None]:
    """Let nothing through for a while; then everything."""
    with _behaving(scene, scene.paths.to("broker"), "stalled"):
        yield


@fault("network", "network to the database stalls, connections stay")
@contextmanager
def stalled_database(scene: Scene) -> Iterator[None]:
    """Let nothing through for a while; then everything."""
    with _behaving(scene, scene.paths.to("database"), "stalled"):
        yield


@fault("network", "connections to the broker are cut")
@contextmanager
def cut_broker(scene: Scene) -> Iterator[None]:
    """Reset every connection to the broker."""
    for way in scene.paths.to("broker"):
        way.cut()
    yield


@fault("network", "connections to the database are cut")
@contextmanager
def cut_database(scene: Scene) -> Iterator[None]:
    """Reset every connection to the database."""
    for way in scene.paths.to("database"):
        way.cut()
    yield


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
