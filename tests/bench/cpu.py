"""Owns who used the processor: CPU seconds of processes with all their children, from /proc."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Cpu:
    """Counts from its making."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self._roots = dict(roots)
        self._before = self._now()

    def seconds(self) -> dict[str, float]:
        """Return the CPU seconds that each has used since."""
        now = self._now()
        return {name: now[name] - self._before[name] for name in self._roots}

    def _now(self) -> dict[str, float]:
        used: dict[int, int] = {}
        parents: dict[int, int] = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and (fields := stat_of(folder)):
                parents[int(folder.name)] = int(fields[1])
                # user and system, its own and those of children that are gone
                used[int(folder.name)] = sum(map(int, fields[11:15]))
        return {
            name: sum(ticks for pid, ticks in used.items() if is_under(pid, root, parents)) / _TICKS
            for name, root in self._roots.items()
        }


def stat_of(folder: Path) -> list[str] | None:
    """Return the fields after the name, or None when the process is gone."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_under(pid: int, root: int, parents: Mapping[int, int]) -> bool:
    """Tell whether a process is the root, or started by it or by one under it."""
    while pid > 1 and pid != root:
        pid = parents.get(pid, 0)
    return pid == root
