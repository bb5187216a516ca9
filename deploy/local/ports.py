"""Own the ports of the local system: free ones of loopback, chosen once and remembered."""

import json
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

# Below the range that the kernel hands to outgoing connections (32768 up), so a port that is
# free now is not lent to some client before its owner listens.
CANDIDATES = range(20000, 30000)

_handed_out: set[int] = set()
"""Nobody listens yet on a port that was just given away; another must not get it meanwhile."""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # Two sockets may be bound to one port with SO_REUSEADDR; only one may listen.
            probe.listen(1)
        except OSError:
            return False
    return True


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether somebody listens on this port now."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def free_ports(count: int, avoid: Iterable[int] = ()) -> list[int]:
    """Return `count` free ports, none in `avoid` and none that this program was given before."""
    taken = _handed_out | set(avoid)
    found: list[int] = []
    while len(found) < count:
        port = random.choice(CANDIDATES)  # nosec B311: a free port is no secret
        if port not in taken and is_free(port):
            found.append(port)
            taken.add(port)
    _handed_out.update(found)
    return found


def settle(
    file: Path,
    names: Iterable[str],
    *,
    ours_run: bool = False,
    wish: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Return a port for each name: the one remembered in `file`, or a new one where it is taken.

    `ours_run` says that our own programs hold the remembered ports, so taken is as it should be.
    A name in `wish` that has no port yet gets that one, if it is free.
    """
    old = remembered(file)
    keep = {n: p for n, p in old.items() if ours_run or is_free(p)}
    keep |= {n: p for n, p in (wish or {}).items() if n not in old and is_free(p)}
    missing = [name for name in names if name not in keep]
    fresh = free_ports(len(missing), avoid=[*old.values(), *keep.values()])
    ports = keep | dict(zip(missing, fresh, strict=True))
    _write(file, ports)
    return ports


def remember(file: Path, name: str, port: int) -> None:
    """Write down a port that somebody chose."""
    _write(file, remembered(file) | {name: port})


def remembered(file: Path) -> dict[str, int]:
    """Return the ports written down; none when there is no file."""
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _write(file: Path, ports: Mapping[str, int]) -> None:
    if ports != remembered(file):
        file.write_text(json.dumps(ports, indent=2, sort_keys=True) + "\n")
