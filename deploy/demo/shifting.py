"""Owns shifting business time on a running system: by its file, until every process knows."""

import time
from collections.abc import Iterable
from pathlib import Path

import requests

_PATIENCE_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 0.1
_METRIC = "linli_clock_offset_seconds "


def offset_in(file: Path) -> float:
    """Return by how many seconds business time is ahead of real time; 0 without a file."""
    return float(file.read_text(encoding="ascii") or 0) if file.exists() else 0.0


def shift(file: Path, seconds: float, addresses: Iterable[str]) -> None:
    """Let business time pass, and return when every process at these addresses says so.

    It never goes back: what is done later would lie before what was done already. A process that
    doesn't answer now reads the file when it starts.
    """
    offset = round(offset_in(file) + seconds)
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(f"{offset}\n", encoding="ascii")
    fresh.replace(file)
    left = list(addresses)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while left and time.monotonic() < deadline:
        left = [address for address in left if not _knows(address, offset)]
        if left:
            time.sleep(_LOOK_EVERY_SECONDS)


def _knows(address: str, offset: float) -> bool:
    try:
        said = requests.get(f"{address}/metrics", timeout=10).text
    except requests.RequestException:
        return True
    return any(line == f"{_METRIC}{float(offset)}" for line in said.splitlines())
