"""Owns one run: a system between servers of its own, drivers at work, strikes, and the verdict."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.local.nodes import PrivateNodes
from tests.databases import DatabaseServer
from tests.faults import effects, shown
from tests.faults.driver import Driver
from tests.faults.ledger import Ledger, Verdict
from tests.faults.proxy import Ways
from tests.faults.purge import Purged, purge
from tests.faults.scene import Fault, Paths, Scene
from tests.whole_system import WholeSystem, drop_databases, new_database

_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Struck:
    """What one strike did."""

    faults: tuple[str, ...]
    lasted: float
    """Seconds from the first harm to the last mend."""
    recovered: float
    """Seconds from then until new commands had all their effects and every process was ready."""


@dataclass
class Told:
    """What a run gave."""

    seed: str
    strikes: list[Struck] = field(default_factory=list)
    purged: Purged | None = None
    verdict: Verdict | None = None
    disagreements: list[str] = field(default_factory=list)
    """Where HTTP shows something else than the databases hold."""
    restarts: int = 0
    """How often a process had ended by itself."""

    @property
    def holds(self) -> bool:
        """Tell whether nothing was lost, doubled or unexpected, wherever one looks."""
        mended = self.purged is None or self.purged.holds
        held = self.verdict is not None and self.verdict.holds
        return held and mended and not self.disagreements


@contextmanager
def scene_of(
    nodes: PrivateNodes,
    server: DatabaseServer,
    folder: Path,
    seed: str,
    patience: float,
    per_second: float,
) -> Iterator[Scene]:
    """Start a whole system, some of it behind ways, prepared and quiet."""
    with ExitStack() as undo:
        paths = Paths(undo.enter_context(Ways()))
        system = WholeSystem(nodes, partial(new_database, server), folder, through=paths.through)
        undo.callback(drop_databases, system, server)
        undo.callback(system.end)
        system.wait_ready()
        ledger = Ledger(effects.PROMISES)
        driver = Driver(system, ledger, seed, per_second)
        scene = Scene(system, paths, ledger, driver, random.Random(seed), patience)
        scene.driver.prepare()
        system.wait_quiet()
        scene.before = effects.count(system)
        yield scene


def run(
    scene: Scene,
    strikes: Sequence[tuple[Fault, ...]],
    commands: int,
    told: Told,
    say: Callable[[str], None],
    *,
    purging: bool = False,
) -> None:
    """Let the drivers send so many commands, strike meanwhile, and compare when all is quiet.

    `purging` also loses a queue at the end, and mends it.

    Raises:
        DriverBroken: when a command was refused.
        NotSettled: when a fault can't be struck or the system doesn't come to rest.
    """
    with _supervised(scene.system, told), scene.driver:
        for number, faults in enumerate(strikes, 1):
            scene.driver.await_accepted(commands * number // (len(strikes) + 1))
            names = " + ".join(one.name for one in faults)
            say(f"{number}/{len(strikes)} {names} ({len(scene.ledger.accepted)} accepted)")
            told.strikes.append(_strike(scene, faults))
            one = told.strikes[-1]
            say(f"    lasted {one.lasted:.1f} s, recovered {one.recovered:.1f} s later")
        scene.driver.await_accepted(commands)
        if purging:
            told.purged = purge(scene, say)
        scene.driver.stop()
        say(f"{len(scene.ledger.accepted)} accepted; waiting until all is quiet")
        told.verdict = scene.settle()
    told.disagreements = shown.disagreements(scene)


def _strike(scene: Scene, faults: Sequence[Fault]) -> Struck:
    started = time.monotonic()
    with ExitStack() as struck:
        for one in faults:
            struck.enter_context(one.strike(scene))
        scene.hold()
    mended = time.monotonic()
    return Struck(tuple(one.name for one in faults), mended - started, scene.recovered())


@contextmanager
def _supervised(system: WholeSystem, told: Told) -> Iterator[None]:
    """Start again what ends by itself, as whoever supervises an installation does."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            for process in system.processes.values():
                if process.wanted and process.exited():
                    told.restarts += 1
                    process.restart()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
