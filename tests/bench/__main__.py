"""Owns `make bench`: our messaging beside what a user would have without it, in one run.

python -m tests.bench            everything, several rounds: about three minutes
python -m tests.bench --quick    small numbers: tells that it works, not how fast

The last lines are `ratio NAME VALUE`. Exit code 1: a floor is missed (not asked of the quick
form) or something measured was wrong.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from deploy.local.nodes import PrivateNodes
from tests.bench import machine, measures, verdict
from tests.bench.ground import Ground
from tests.bench.latency import Latency, latency
from tests.bench.measures import Speed, Wrong
from tests.bench.sizes import FULL, QUICK, Sizes
from tests.processes import ROOT


def main() -> None:
    """Measure, tell, keep."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="small numbers, no floors")
    parser.add_argument("--out", type=Path, default=ROOT / ".run" / "bench", metavar="FOLDER")
    arguments = parser.parse_args()
    sizes = QUICK if arguments.quick else FULL
    try:
        found = measure(sizes, arguments.out)
    except (Wrong, TimeoutError) as error:
        sys.exit(f"bench: {error}")
    print(*(f"ratio {one.name} {one.value:g}" for one in found), sep="\n")
    if not arguments.quick and not all(one.holds for one in found):
        sys.exit(1)


def measure(sizes: Sizes, folder: Path) -> list[verdict.Result]:
    """Run every round on servers of our own; return the five numbers."""
    say("starting PostgreSQL and RabbitMQ")
    with tempfile.TemporaryDirectory() as logs, PrivateNodes(durable=True) as nodes:
        ground = Ground(nodes, Path(logs))
        try:
            facts = machine.facts(ground, durable=True)
            rounds, latencies = _rounds(ground, sizes)
        finally:
            ground.end()
    found = verdict.results(rounds, latencies)
    path = verdict.write(folder, facts, rounds, latencies, found)
    print(f"\n{verdict.table(found)}\n\n{path}")
    return found


def _rounds(ground: Ground, sizes: Sizes) -> tuple[dict[str, list[Speed]], list[Latency]]:
    """Take turns, so that whatever else the machine does meets all alike."""
    todo: dict[str, Callable[[], Speed]] = {
        "relay": lambda: measures.relay(ground, sizes.relay),
        "one_confirm": lambda: measures.one_confirm(ground, sizes.one_confirm),
        "stock": lambda: measures.stock(ground, sizes.stock),
        "single": lambda: measures.single(ground, sizes.single),
        "batch": lambda: measures.batch(ground, sizes.batch),
    }
    rounds: dict[str, list[Speed]] = defaultdict(list)
    latencies = []
    for number in range(1, sizes.rounds + 1):
        for name, run in todo.items():
            speed = run()
            rounds[name].append(speed)
            say(f"round {number}: {name:<12}{speed.per_second:>9,.0f} /s  {_cpu(speed)}")
        one = latency(ground, sizes.latency_rate, sizes.latency_seconds)
        latencies.append(one)
        say(
            f"round {number}: end to end  p50 {one.p50_ms:.1f} ms, p99 {one.p99_ms:.1f} ms "
            f"at {one.held_per_second:g} /s"
        )
    return dict(rounds), latencies


def _cpu(speed: Speed) -> str:
    used = ", ".join(f"{name} {micros:g}" for name, micros in speed.cpu_us_per_event.items())
    return f"CPU µs per event: {used}" if used else ""


def say(line: str) -> None:
    """Show progress at once, piped or not."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
