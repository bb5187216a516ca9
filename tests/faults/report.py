"""Owns what a run leaves: a table of the faults with their times, and what was wrong."""

import os
import platform
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tests.faults.run import Told
from tests.faults.scene import CATALOGUE

_SHOWN = 20


def complaints(told: Told) -> Iterator[str]:
    """Tell the first of what is wrong, of each kind."""
    verdict = told.verdict
    if verdict is not None:
        for kind in ("lost", "duplicated", "unexpected"):
            for one in getattr(verdict, kind)[:_SHOWN]:
                yield f"{kind}: {one}"
    if told.purged is not None and not told.purged.holds:
        yield f"not mended: {told.purged}"
    yield from (f"shown: {one}" for one in told.disagreements)


def write(folder: Path, told: Told, seconds: float) -> Path:
    """Write the report, and return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "latest.md"
    path.write_text("\n".join(_lines(told, seconds)) + "\n", encoding="utf-8")
    return path


def _lines(told: Told, seconds: float) -> Iterator[str]:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    yield f"{now} UTC, {os.cpu_count()} cores, Python {platform.python_version()}, fsync on;"
    yield f"seed `{told.seed}`, {sum(len(one.faults) for one in told.strikes)} faults in"
    yield f"{len(told.strikes)} strikes, {seconds / 60:.0f} minutes,"
    yield f"{told.restarts} processes that ended by themselves were started again."
    yield ""
    if told.purged is not None:
        yield f"    {told.purged}"
    yield f"    {told.verdict}"
    yield ""
    yield "| fault | what | struck | recovered after, median | longest |"
    yield "|---|---|---|---|---|"
    times: dict[str, list[float]] = defaultdict(list)
    for strike in told.strikes:
        for name in strike.faults:
            times[name].append(strike.recovered)
    for name in sorted(times):
        struck = times[name]
        yield (
            f"| `{name}` | {CATALOGUE[name].what} | {len(struck)} | {median(struck):.1f} s"
            f" | {max(struck):.1f} s |"
        )
