"""Owns the loss that is outside the promise: a queue is purged by mistake.

It must be seen, named whole by an operator's commands, and mended by them.
"""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.clock import real_now
from shared.messaging.topology import SERVICES
from tests.faults.ledger import Verdict
from tests.faults.scene import NotSettled, Scene
from tests.keys import KEYS
from tests.processes import LINLI, ROOT

QUEUE = "inspections.on_case_filed"
_ENOUGH = 5
"""Messages that must wait in the queue before it is purged."""


@dataclass(frozen=True)
class Purged:
    """What was lost, what the commands said of it, and the verdict after they mended it."""

    lost: int
    named: int
    """Events that `linli outbox unheard` named."""
    mended: Verdict

    @property
    def holds(self) -> bool:
        """Tell whether the loss was seen, named whole and mended."""
        return 0 < self.lost <= self.named and self.mended.holds

    def __str__(self) -> str:
        return f"{QUEUE} purged: lost={self.lost} named={self.named}; sent again: {self.mended}"


def purge(scene: Scene, say: Callable[[str], None]) -> Purged:
    """Purge a queue whose worker is away, then find and mend it as an operator does.

    The drivers are at work; they are stopped here.

    Raises:
        NotSettled: when the system doesn't come to rest, or a command fails.
    """
    since = real_now()
    say(f"purging {QUEUE} by mistake")
    worker = scene.process("worker", QUEUE.partition(".")[0])
    worker.terminate(60)
    scene.until(lambda: scene.system.broker.depths()[QUEUE] >= _ENOUGH, "messages wait", 120)
    scene.system.broker._call("DELETE", f"/queues/{scene.system.vhost}/{QUEUE}/contents")
    worker.restart()
    scene.driver.stop()
    scene.rest()
    lost = len(scene.verdict().lost)
    said = _unheard(scene, since)
    (named,) = (int(line.split()[1]) for line in said if line.strip().startswith(QUEUE))
    for line in said:
        say(f"    {line}")
    for command in (line.split() for line in said if line.strip().startswith("linli ")):
        say(f"    {_linli(scene, command[3], command[1:]).strip()}")
    return Purged(lost, named, scene.settle())


def _unheard(scene: Scene, since: datetime) -> Sequence[str]:
    folder = Path(scene.system.processes["grid", "api"].log).parent
    files = [folder / f"{service}.delivery.json" for service in SERVICES]
    period = ["--since", since.isoformat(), "--until", real_now().isoformat()]
    for service, file in zip(SERVICES, files, strict=True):
        _linli(scene, service, ["outbox", "record", service, *period, "--to", str(file)])
    return _linli(scene, "grid", ["outbox", "unheard", *map(str, files)], code=1).splitlines()


def _linli(scene: Scene, service: str, arguments: Sequence[str], code: int = 0) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LINLI_")},
        "LINLI_ENV": "test",
        "LINLI_DATABASE_URL": scene.system.database_url(service),
        **KEYS,
    }
    done = subprocess.run(
        [*LINLI, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != code:
        said = done.stderr.strip() or done.stdout.strip()
        raise NotSettled(f"linli {' '.join(arguments)}: exit code {done.returncode}: {said}")
    return done.stdout
