"""Own the finding and ending of a system's processes: those whose environment names its state."""

import os
import signal
import time
from pathlib import Path

from deploy.local.programs import STATE_VARIABLE

# These write their titles over their environment; they work in a folder of the state instead.
_RETITLED = ("nginx", "postgres")


def processes_of(state: Path, *, program: str | None = None) -> list[int]:
    """Return the pids of living processes that belong to the system in `state`, except ourselves.

    `program` narrows it to one program with its child processes.
    """
    others = (int(f.name) for f in Path("/proc").iterdir() if f.name.isdigit())
    return [pid for pid in others if pid != os.getpid() and _belongs(pid, state, program)]


def kill_all(state: Path, *, program: str | None = None, seconds: float = 10.0) -> None:
    """Kill every process of the system and return when none is left.

    Raises: TimeoutError when something survives SIGKILL.
    """
    deadline = time.monotonic() + seconds
    while left := processes_of(state, program=program):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of {state} survive SIGKILL: {left}")
        for pid in left:
            _kill(pid)
        time.sleep(0.05)


def _belongs(pid: int, state: Path, program: str | None) -> bool:
    wanted = {f"{STATE_VARIABLE}={state}".encode()}
    if program is not None:
        wanted.add(f"LINLI_PROGRAM={program}".encode())
    folder = Path(f"/proc/{pid}")
    try:
        if wanted <= set((folder / "environ").read_bytes().split(b"\0")):
            return True
        name = (folder / "comm").read_text().strip()
        inside = (folder / "cwd").readlink().is_relative_to(state)
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return False
    return inside and name in _RETITLED and program in (None, name)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
