"""Owns `make bench`: our messaging beside what a user would have without it, and how it grows.

python -m tests.bench            all parts: about fifteen minutes
python -m tests.bench --core     ours beside stock nameko and pika: about four minutes
python -m tests.bench --growth   full tables and queues, many producers and callers
python -m tests.bench --register where a point lies, who answers, the linter: about a minute
python -m tests.bench --quick    small numbers of any: tells that it works, not how fast

The last lines are `ratio NAME VALUE`; of the register, the value by its floor. Exit code 1: a
floor is missed (not asked of the quick form) or something measured was wrong; what was right is
told and kept all the same.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from deploy.local.nodes import PrivateNodes
from tests.bench import grown, growth, machine, measures, register, verdict
from tests.bench.ground import Ground
from tests.bench.grown import GrowthSizes
from tests.bench.growth import Outcome
from tests.bench.latency import Latency, latency
from tests.bench.measures import Speed, Wrong
from tests.bench.sizes import FULL, QUICK, Sizes
from tests.processes import ROOT


def main() -> None:
    """Measure, tell, keep."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--core", action="store_true", help="this part alone")
    parser.add_argument("--growth", action="store_true", help="this part alone")
    parser.add_argument("--register", action="store_true", help="this part alone")
    parser.add_argument("--quick", action="store_true", help="small numbers, no floors")
    parser.add_argument("--out", type=Path, default=ROOT / ".run" / "bench", metavar="FOLDER")
    arguments = parser.parse_args()
    ratios: dict[str, float] = {}
    holds = True
    parts = {"core": _core, "growth": _growth, "register": _register}
    wanted = [name for name in parts if getattr(arguments, name)] or list(parts)
    for name in wanted:
        holds = parts[name](arguments.quick, arguments.out, ratios) and holds
    print(*(f"ratio {name} {value:g}" for name, value in ratios.items()), sep="\n")
    if not holds:
        sys.exit(1)


def _core(quick: bool, folder: Path, ratios: dict[str, float]) -> bool:
    try:
        found = measure(QUICK if quick else FULL, folder)
    except (Wrong, TimeoutError) as error:
        say(f"bench: {error}")
        return False
    ratios |= {one.name: one.value for one in found}
    return quick or all(one.holds for one in found)


def _growth(quick: bool, folder: Path, ratios: dict[str, float]) -> bool:
    form = "quick" if quick else "full"
    outcomes = measure_growth(grown.QUICK if quick else grown.FULL, form, folder, say)
    ratios |= {one.name: one.ratio for one in outcomes if one.ratio is not None}
    return growth.all_succeeded(outcomes)


def _register(quick: bool, folder: Path, ratios: dict[str, float]) -> bool:
    say("starting PostgreSQL and RabbitMQ")
    with tempfile.TemporaryDirectory() as logs, PrivateNodes(durable=True) as nodes:
        facts = machine.facts(Ground(nodes, Path(logs)), durable=True)
        found = register.measure(nodes, Path(logs), register.QUICK if quick else register.FULL, say)
    path = register.write(folder, "quick" if quick else "full", facts, found)
    say(f"\n{register.table(found)}\n\n{path}")
    ratios |= {name: found[name] / floor for name, floor in register.FLOORS.items()}
    return quick or not register.missed(found)


def measure_growth(
    sizes: GrowthSizes,
    form: str,
    folder: Path,
    say: Callable[[str], None],
    *,
    durable: bool = True,
) -> list[Outcome]:
    """Run every measure of growth on servers of our own; keep them, also of a run that is ended."""
    outcomes: list[Outcome] = []
    say("starting PostgreSQL and RabbitMQ")
    with tempfile.TemporaryDirectory() as logs, PrivateNodes(durable=durable) as nodes:
        ground = Ground(nodes, Path(logs))
        facts = machine.facts(ground, durable=durable)
        try:
            for outcome in growth.run_each(grown.measures(ground, sizes), ground.end, say):
                outcomes.append(outcome)
        finally:
            path = growth.write(folder, form, facts, outcomes)
    say(f"\n{growth.table(outcomes)}\n\n{growth.memory_table(outcomes)}\n\n{path}")
    return outcomes


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
