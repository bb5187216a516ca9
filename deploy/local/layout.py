"""Own where the local system keeps what: state, secrets, logs, sockets."""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import remembered
from deploy.local.progress import Failure

CHECKOUT = Path(__file__).resolve().parents[2]
ROOT_STATES = Path("/var/lib/linli")
# The kernel takes 107 characters; supervisor first binds to a name with its pid behind.
_LONGEST_SOCKET = 95


@dataclass(frozen=True)
class Layout:
    """The folders of one local system. Nothing of it lies outside them."""

    state: Path
    secrets: Path
    checkout: Path = CHECKOUT

    @classmethod
    def of_checkout(cls, checkout: Path = CHECKOUT) -> "Layout":
        """Return the layout of `make up`.

        As root the state lies outside the checkout: the servers' own users must reach it.
        """
        if os.geteuid() == 0:
            state = ROOT_STATES / _short_hash(checkout)
        else:
            state = checkout / ".run" / "local"
        return cls(state, checkout / ".run" / "secrets", checkout)

    @classmethod
    def at(cls, state: Path) -> "Layout":
        """Return the layout of a second system with all it has, secrets too, in `state`."""
        return cls(state.resolve(), state.resolve() / "secrets")

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def control_socket(self) -> Path:
        """Where supervisord listens; in /tmp when the state lies too deep for a Unix socket."""
        near = self.state / "supervisor.sock"
        if len(os.fsencode(near)) <= _LONGEST_SOCKET:
            return near
        folder = f"linli-{os.geteuid()}-{_short_hash(self.state)}"
        return Path(tempfile.gettempdir()) / folder / "supervisor.sock"

    @property
    def ports_file(self) -> Path:
        return self.state / "ports.json"

    @property
    def backups(self) -> Path:
        """Where backups lie unless LINLI_BACKUP_DIR says so: `reset` doesn't delete them."""
        return self.secrets.parent / "backups"

    @property
    def clock_file(self) -> Path:
        return self.state / "clock"

    def log_of(self, program: str) -> Path:
        """Return the log of a program, standard output and error together."""
        return self.logs / f"{program}.log"

    def ports(self) -> dict[str, int]:
        """Return the remembered ports; none before the first start."""
        return remembered(self.ports_file)

    @property
    def address_file(self) -> Path:
        return self.state / "address"

    def address(self) -> str:
        """Return the front door's URL, for people.

        Raises: Failure before the first `make up`.
        """
        if not self.address_file.exists():
            raise Failure("the local system", "it was never started here", "run: make up")
        return self.address_file.read_text(encoding="utf-8").strip()

    def own_address(self) -> str:
        """Return the front door's URL for this machine itself: never TLS, always on loopback.

        Raises: Failure before the first `make up`.
        """
        if "http_own" not in self.ports():
            raise Failure("the local system", "it was never started here", "run: make up")
        return f"http://127.0.0.1:{self.ports()['http_own']}"

    def prometheus_address(self) -> str:
        """Return Prometheus's URL; it is on loopback only."""
        return f"http://127.0.0.1:{self.ports()['monitoring']}"

    def make(self) -> None:
        """Make the folders with their modes; the nodes make their own."""
        for folder, mode in ((self.state, 0o755), (self.logs, 0o750), (self.secrets, 0o700)):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)
        socket_folder = self.control_socket.parent
        if socket_folder != self.state:
            socket_folder.mkdir(mode=0o700, exist_ok=True)
            _require_private(socket_folder)


def _require_private(folder: Path) -> None:
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
    if not private or found.st_uid != os.geteuid():
        raise Failure("the control socket", f"{folder} belongs to somebody else", "remove it")


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
