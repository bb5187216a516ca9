"""Owns what the numbers mean: which ratios count, what each must reach, and how it is told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from shared.clock import real_now
from tests.bench.latency import Latency
from tests.bench.measures import Speed

Rounds = Mapping[str, Sequence[Speed]]


@dataclass(frozen=True)
class Result:
    """One number that design/messaging.md demands: its floor must hold, its aim is the wish."""

    name: str
    value: float
    floor: float
    aim: float
    smaller_is_better: bool = False
    ours: float | None = None
    other: float | None = None

    @property
    def holds(self) -> bool:
        """Tell whether the floor holds."""
        return self._reaches(self.floor)

    @property
    def standing(self) -> str:
        """Say how far it is: `aim`, `floor` or `MISSED`."""
        return "aim" if self._reaches(self.aim) else "floor" if self.holds else "MISSED"

    def _reaches(self, wanted: float) -> bool:
        return self.value < wanted if self.smaller_is_better else self.value >= wanted


def results(rounds: Rounds, latencies: Sequence[Latency]) -> list[Result]:
    """Return the five numbers; a ratio is the median of the ratios within each round."""
    return [
        _ratio("relay_vs_single_confirm", rounds["relay"], rounds["one_confirm"], 10, 12),
        _ratio("single_vs_stock_nameko", rounds["single"], rounds["stock"], 0.7, 1.5),
        _ratio("batch_vs_stock_nameko", rounds["batch"], rounds["stock"], 5, 10),
        Result("e2e_p50_ms", median(one.p50_ms for one in latencies), 30, 30, True),
        Result("e2e_p99_ms", median(one.p99_ms for one in latencies), 150, 60, True),
    ]


def _ratio(
    name: str, ours: Sequence[Speed], others: Sequence[Speed], floor: float, aim: float
) -> Result:
    pairs = [(our.per_second, other.per_second) for our, other in zip(ours, others, strict=True)]
    return Result(
        name,
        round(median(our / other for our, other in pairs), 2),
        floor,
        aim,
        ours=round(median(our for our, _ in pairs)),
        other=round(median(other for _, other in pairs)),
    )


def table(found: Sequence[Result]) -> str:
    """Return the results for people: what we do a second, what the competitor does."""
    head = f"{'measure':<26}{'ours/s':>9}{'other/s':>9}{'value':>9}{'floor':>8}{'aim':>7}  holds"
    lines = [head, "-" * len(head)]
    for one in found:
        sides = [f"{side:,.0f}" if side is not None else "" for side in (one.ours, one.other)]
        sign = "<" if one.smaller_is_better else ">="
        lines.append(
            f"{one.name:<26}{sides[0]:>9}{sides[1]:>9}{one.value:>9.2f}"
            f"{sign + format(one.floor, 'g'):>8}{sign + format(one.aim, 'g'):>7}  {one.standing}"
        )
    return "\n".join(lines)


def write(
    folder: Path,
    machine: Mapping[str, Any],
    rounds: Rounds,
    latencies: Sequence[Latency],
    found: Sequence[Result],
) -> Path:
    """Keep everything in `<UTC time>.json`, and the same as `latest.json`."""
    now = real_now()
    kept = {
        "measured_at": now.isoformat(timespec="seconds"),
        "machine": machine,
        "results": [asdict(one) | {"holds": one.holds} for one in found],
        "rounds": {name: [asdict(one) for one in many] for name, many in rounds.items()},
        "latency": [asdict(one) for one in latencies],
    }
    text = json.dumps(kept, ensure_ascii=False, indent=2) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    for one in (path, folder / "latest.json"):
        one.write_text(text, encoding="utf-8")
    return path
