"""Owns the faults of processes: killed, ended, restarted one after the other, two where one is."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from shared.messaging.topology import SERVICES
from tests.faults.scene import Fault, Scene, enter, fault
from tests.whole_system import KINDS

_FULL = Path("/dev/full")
"""Every write to it fails: there is no space left on the device."""


@contextmanager
def _killed(scene: Scene, kind: str) -> Iterator[None]:
    """Kill -9 a process of some service."""
    process = scene.process(kind)
    process.kill()
    yield
    process.restart()


@contextmanager
def _ended(scene: Scene, kind: str) -> Iterator[None]:
    """End a process of some service in order."""
    process = scene.process(kind)
    process.terminate(60)
    yield
    process.restart()


for _kind in KINDS:
    enter(Fault(f"kill_{_kind}", f"kill -9 of {_kind}", "processes", partial(_killed, kind=_kind)))
    enter(Fault(f"end_{_kind}", f"SIGTERM to {_kind}", "processes", partial(_ended, kind=_kind)))


@fault("processes", "kill -9 of every process of every service")
@contextmanager
def kill_everything(scene: Scene) -> Iterator[None]:
    """Kill all processes at once."""
    for process in scene.system.processes.values():
        process.kill()
    yield
    for process in scene.system.processes.values():
        process.restart()


@fault(
    "processes", "rolling restart: every process ended and started, one after the other", alone=True
)
@contextmanager
def rolling_restart(scene: Scene) -> Iterator[None]:
    """Install a new release without a pause."""
    for process in scene.system.processes.values():
        process.terminate(60)
        process.restart()
        scene.until(process.ready, "the restarted process is ready")
    yield


@fault("processes", "two relays of each service at once, and the active one is killed", alone=True)
@contextmanager
def two_relays(scene: Scene) -> Iterator[None]:
    """Start a second relay of each service, then kill the first."""
    first = [process for (_, kind), process in scene.system.processes.items() if kind == "relay"]
    second = [process.twin() for process in first]
    try:
        for process in second:
            scene.until(process.ready, "the second relay stands by")
        for process in first:
            process.kill()
        yield
        for process in first:
            process.restart()
            scene.until(process.ready, "the first relay stands by")
    finally:
        for process in second:
            process.end()


@fault("processes", "disk full under a service's logs", alone=True)
@contextmanager
def full_log_disk(scene: Scene) -> Iterator[None]:
    """Let every line that a service logs fail, from its start on."""
    service = scene.chance.choice(SERVICES)
    processes = [scene.system.processes[service, kind] for kind in KINDS]
    for process in processes:
        process.kill()
        process.restart(log=_FULL)
    for process in processes:
        scene.until(process.ready, f"{process.log} full, ready all the same")
    yield
    for process in processes:
        process.kill()
        process.restart(log=process.log)


@fault("processes", "the business clock jumps three days ahead")
@contextmanager
def clock_jump(scene: Scene) -> Iterator[None]:
    """Let three days pass at once: over a weekend, past deadlines and terms."""
    # what somebody wrote before, "in two days", would be refused as past after it
    with scene.driver.waiting():
        scene.system.advance(3 * 24 * 3600)
    yield
