"""Owns who used the memory: the peak of every process, from /proc."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cpu import is_under, stat_of


@dataclass(frozen=True)
class Peak:
    """The processes of one program, in MB of resident memory at each one's own highest.

    `all_mb` counts pages that processes share once for each: true for ours, far too much for
    PostgreSQL, whose processes share their buffers.
    """

    processes: int
    largest_mb: float
    all_mb: float


def peaks(roots: Mapping[str, int]) -> dict[str, Peak]:
    """Return the peak of each program with all its children that still run."""
    parents = {
        int(folder.name): int(fields[1])
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and (fields := stat_of(folder))
    }
    found = {}
    for name, root in roots.items():
        high = [_high_mb(pid) for pid in parents if is_under(pid, root, parents)]
        known = [mb for mb in high if mb > 0]
        if known:
            found[name] = Peak(len(known), round(max(known), 1), round(sum(known), 1))
    return found


def _high_mb(pid: int) -> float:
    """Return a process's VmHWM, 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
