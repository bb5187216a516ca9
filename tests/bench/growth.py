"""Owns `make bench A=--growth`: how speed changes as tables, queues and callers grow.

Every measure stands alone: one that fails is told with its reason, and the others are kept.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shared.clock import real_now
from tests.bench.cpu import Cpu
from tests.bench.ground import Ground
from tests.bench.measures import Wrong
from tests.bench.memory import Peak, peaks
from tests.processes import Process


@dataclass(frozen=True)
class Found:
    """What one measure gave."""

    per_second: float
    cpu_ms: Mapping[str, float]
    """Milliseconds of CPU for one event, or one request, by who used them."""
    memory: Mapping[str, Peak]
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """One thing to measure; `base` names the measure of size 0 that it is compared with."""

    name: str
    run: Callable[[], Found]
    base: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a measure: what it found, or why it failed."""

    name: str
    seconds: float
    found: Found | None = None
    failure: str = ""
    ratio: float | None = None
    """Its throughput as a part of that of its base."""


class Watch:
    """Counts, from its making, who works for a measure."""

    def __init__(self, ground: Ground, **processes: Process) -> None:
        self._roots = ground.roots(**processes)
        self._cpu = Cpu(self._roots)

    def found(self, per_second: float, events: float, **details: float) -> Found:
        """Return the result of a measure in which so many events happened since.

        Where all were done before anybody looked, nobody knows what one costs.
        """
        if per_second <= 0:
            raise Wrong(f"{per_second:g} a second")
        used = self._cpu.seconds() if events else {}
        cpu = {name: round(seconds * 1000 / events, 4) for name, seconds in used.items()}
        rounded = {name: round(value, 3) for name, value in details.items()}
        return Found(round(per_second, 1), cpu, peaks(self._roots), rounded)


def run_each(
    measures: Sequence[Measure], clean_up: Callable[[], str], say: Callable[[str], None]
) -> Iterator[Outcome]:
    """Run one after the other, and give each outcome at once.

    `clean_up` ends what a measure left running, before the next begins, and returns its last
    words, which are shown when the measure failed.
    """
    done: dict[str, Outcome] = {}
    for number, measure in enumerate(measures, 1):
        say(f"growth {number}/{len(measures)}: {measure.name} …")
        started = time.monotonic()
        found, failure = None, ""
        try:
            found = measure.run()
        except Exception as error:  # noqa: BLE001 - one that fails is told, the others go on
            failure = f"{type(error).__name__}: {error}"
        finally:
            last_words = clean_up()
        if failure:
            say(last_words)
        base = done.get(measure.base)
        outcome = Outcome(
            measure.name, round(time.monotonic() - started, 1), found, failure, _ratio(found, base)
        )
        done[measure.name] = outcome
        say(f"  {_line(outcome)}")
        yield outcome


def all_succeeded(outcomes: Sequence[Outcome]) -> bool:
    """Tell whether there are measures and each found something."""
    return bool(outcomes) and all(one.found is not None for one in outcomes)


def _ratio(found: Found | None, base: Outcome | None) -> float | None:
    if found is None or base is None or base.found is None:
        return None
    return round(found.per_second / base.found.per_second, 3)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return all results for people."""
    head = f"{'measure':<27}{'per second':>11}{'of base':>9}  CPU ms each; what else"
    return "\n".join([head, "-" * len(head), *map(_line, outcomes)])


def _line(outcome: Outcome) -> str:
    if outcome.found is None:
        return f"{outcome.name:<27} FAILED  {outcome.failure}"
    found = outcome.found
    ratio = "" if outcome.ratio is None else f"{outcome.ratio:.2f}"
    cpu = ", ".join(f"{name} {ms:.3g}" for name, ms in found.cpu_ms.items())
    more = "".join(f"; {name} {value:g}" for name, value in found.details.items())
    return f"{outcome.name:<27}{found.per_second:>11,.1f}{ratio:>9}  {cpu}{more}"


def memory_table(outcomes: Sequence[Outcome]) -> str:
    """Return the highest peak of each program over all measures."""
    rows = [one.found.memory for one in outcomes if one.found]
    lines = [f"{'peak memory':<16}{'largest process':>16}"]
    for name in dict.fromkeys(name for row in rows for name in row):
        largest = max(row[name].largest_mb for row in rows if name in row)
        lines.append(f"{name:<16}{largest:>13,.0f} MB")
    return "\n".join(lines)


def write(folder: Path, form: str, machine: Mapping[str, Any], outcomes: Sequence[Outcome]) -> Path:
    """Keep everything in `growth-<UTC time>.json`, and the same as `growth-latest.json`."""
    now = real_now()
    kept = {
        "measured_at": now.isoformat(timespec="seconds"),
        "form": form,
        "machine": machine,
        "measures": [asdict(one) for one in outcomes],
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"growth-{now:%Y%m%dT%H%M%SZ}.json"
    for one in (path, folder / "growth-latest.json"):
        one.write_text(text, encoding="utf-8")
    return path
