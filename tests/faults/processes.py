"""Owns the faults of processes: killed, ended, restarted one after the other, two where one is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.scene import Scene, fault
from tests.processes import Process

_FULL = Path("/dev/full")
"""Every write to it fails: there is no space left on the device."""


@contextmanager
def _killed(scene: Scene, *processes: Process) -> Iterator[None]:
    for process in processes:
        process.kill()
    yield
    for process in processes:
        process.restart()


@fault("processes", "kill -9 of an API")
@contextmanager
def kill_api(scene: Scene) -> Iterator[None]:
    """Kill the API of some service."""
    with _killed(scene, scene.process("api")):
        yield


@fault("processes", "kill -9 of a worker")
@contextmanager
def kill_worker(scene: Scene) -> Iterator[None]:
    """Kill the worker of some service."""
    with _killed(scene, scene.process("worker")):
        yield


@fault("processes", "kill -9 of a relay")
@contextmanager
def kill_relay(scene: Scene) -> Iterator[None]:
    """Kill the relay of some service."""
    with _killed(scene, scene.process("relay")):
        yield


@fault("processes", "kill -9 of every process of every service")
@contextmanager
def kill_everything(scene: Scene) -> Iterator[None]:
    """Kill all processes at once."""
    with _killed(scene, *scene.system.processes.values()):
        yield


@contextmanager
def _ended(process: Process) -> Iterator[None]:
    process.terminate(60)
    yield
    process.restart()


@fault("processes", "SIGTERM to an API")
@contextmanager
def end_api(scene: Scene) -> Iterator[None]:
    """End the API of some service in order."""
    with _ended(scene.process("api")):
        yield


@fault("processes", "SIGTERM to a worker")
@contextmanager
def end_worker(scene: Scene) -> Iterator[None]:
    """End the worker of some service in order."""
    with _ended(scene.process("worker")):
        yield


@fault("processes", "SIGTERM to a relay")
@contextmanager
def end_relay(scene: Scene) -> Iterator[None]:
    """End the relay of some service in order."""
    with _ended(scene.process("relay")):
        yield


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
    kinds = ("api", "worker", "relay")
    service = scene.chance.choice(sorted({one for one, _ in scene.system.processes}))
    processes = [scene.system.processes[service, kind] for kind in kinds]
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
    scene.system.advance(3 * 24 * 3600)
    yield
