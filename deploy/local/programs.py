"""Own what a program of the local system is: command, environment, user and how it stops."""

import grp
import os
import pwd
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STATE_VARIABLE = "LINLI_STATE"


@dataclass(frozen=True)
class Program:
    """One process to keep running. `user` None means whoever starts the system.

    Programs of one group start and stop together; without a group, alone and by `priority`.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    folder: Path = Path("/")
    group: str = ""
    autostart: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: int = 30
    priority: int = 500

    @property
    def full_name(self) -> str:
        """The name that supervisord knows it by."""
        return f"{self.group or self.name}:{self.name}"


def environment_of(state: Path, home: Path, **more: str) -> dict[str, str]:
    """Return a small, known environment that marks a process as part of the system in `state`."""
    plain = {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", "HOME": str(home)}
    return plain | {STATE_VARIABLE: str(state)} | more


def own_user(name: str) -> str | None:
    """Return the user that a node runs as: its own for root, else nobody but ourselves."""
    return name if os.geteuid() == 0 else None


def give(path: Path, user: str | None, mode: int) -> None:
    """Hand a file or folder to a node's user with exactly this mode."""
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)
    path.chmod(mode)


def own_folder(path: Path, user: str | None, mode: int = 0o750) -> Path:
    """Make a folder that belongs to a node's user, and return it."""
    path.mkdir(parents=True, exist_ok=True)
    give(path, user, mode)
    return path


def write_for(path: Path, text: str, user: str | None, mode: int = 0o640) -> None:
    """Write a file for a node's user: never readable by others, not even while being written."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    give(fresh, user, mode)
    fresh.replace(path)


def groups_of(user: str) -> list[int]:
    """Return the numbers of all groups that a user is in."""
    primary = pwd.getpwnam(user).pw_gid
    return [primary, *(g.gr_gid for g in grp.getgrall() if user in g.gr_mem)]


def find_binary(name: str, *folders: str) -> str:
    """Return the path of a program in one of the folders or on the system's path.

    Raises: FileNotFoundError when it is not installed.
    """
    found = shutil.which(name, path=":".join([*folders, SYSTEM_PATH]))
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; `make up` installs it on Debian")
    return found
