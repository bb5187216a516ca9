"""Owns the faults of a cluster of brokers: its leader is killed, a member is cut off."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.cluster import NAMES
from tests.faults.scene import Scene, fault

_CUT_OFF_SECONDS = 20.0
_WHOLE_SECONDS = 180.0


@fault("broker", "kill -9 of the broker that leads the busiest queue", brokers=3)
@contextmanager
def kill_leader(scene: Scene) -> Iterator[None]:
    """Let the other two choose another leader, and the dead one come back."""
    killed = scene.system.nodes.broker.kill_leader(scene.system.vhost)
    yield
    _bring_back(scene, killed)


@fault("broker", "one of the brokers is cut off from everybody", brokers=3)
@contextmanager
def cut_off_member(scene: Scene) -> Iterator[None]:
    """Nobody's connections to it are closed: nothing arrives any more."""
    silent = scene.chance.choice(NAMES)
    scene.system.nodes.broker.cut_off(silent)
    scene.hold(_CUT_OFF_SECONDS)
    yield
    _bring_back(scene, silent)


def _bring_back(scene: Scene, name: str) -> None:
    cluster, vhost = scene.system.nodes.broker, scene.system.vhost
    cluster.bring_back(name)
    scene.until(lambda: cluster.whole(vhost), "every queue on three brokers", _WHOLE_SECONDS, 0.5)
