"""Owns the measure of many producers at once: what they commit, and whether the relay keeps up."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from tests.bench.ground import OUR_QUEUE, Ground
from tests.bench.growth import Found, Watch
from tests.bench.measures import Wrong, expect
from tests.processes import ROOT

_SAID = "CREATE TABLE IF NOT EXISTS said (case_id uuid NOT NULL)"
_WARM_SECONDS = 0.5


def producers(ground: Ground, count: int, seconds: float) -> Found:
    """Measure so many processes that commit outbox rows as fast as they can, and the relay."""
    ground.clear()
    ground.execute(ground.url("grid"), _SAID)
    relay = ground.start_relay().wait_ready()
    with ExitStack() as running:
        all_of_them = [running.enter_context(_Producer(ground)) for _ in range(count)]
        for one in all_of_them:
            expect(one.hear(), "ready", "first word of a producer")
        _work(all_of_them, _WARM_SECONDS)
        ground.wait(lambda: ground.count_unsent() == 0, "relay at rest")
        watch = Watch(ground, relay=relay)
        commits = _work(all_of_them, seconds)
        left, began = ground.count_unsent(), time.perf_counter()
        ground.wait(lambda: ground.count_unsent() == 0, "outbox sent")
        rest = time.perf_counter() - began
        found = watch.found(
            commits / seconds,
            commits,
            sent_meanwhile_percent=100 * (commits - left) / commits,
            unsent_at_the_end=left,
            rest_sent_seconds=rest if left else 0,
        )
    (said,) = ground.ask("grid", "SELECT count(*) FROM outbox")
    expect(ground.depth(OUR_QUEUE), said, "messages in the queue")
    return found


class _Producer:
    """One process that commits when told to. Use as a context manager, which ends it."""

    def __init__(self, ground: Ground) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.producer"],
            cwd=ROOT,
            env=os.environ | ground.environment_of("grid", "grid"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "_Producer":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, seconds: float) -> None:
        """Let it work so long, without waiting."""
        assert self._process.stdin
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Return the next line that it says.

        Raises:
            Wrong: when it ended instead.
        """
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        if not line:
            raise Wrong(f"a producer ended with {self._process.wait(10)}")
        return line


def _work(producers: Sequence[_Producer], seconds: float) -> int:
    """Let all work at once; return how many transactions they committed."""
    for one in producers:
        one.tell(seconds)
    return sum(int(one.hear()) for one in producers)
