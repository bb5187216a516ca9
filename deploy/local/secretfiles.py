"""Own the local system's secrets: generated once, one file each, readable by their owner alone."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from deploy.local.programs import write_for


@dataclass(frozen=True)
class SecretFiles:
    """A folder of secrets. Processes are given paths, never the secrets themselves."""

    folder: Path

    def get(self, name: str) -> str:
        """Return a secret; the first call generates it. URL-safe, 32 characters."""
        file = self.folder / name
        if not file.exists():
            self.put(name, secrets.token_urlsafe(24))
        return file.read_text().strip()

    def put(self, name: str, value: str) -> Path:
        """Write what is derived from secrets, such as a URL, and return its path."""
        file = self.folder / name
        if not file.exists() or file.read_text() != value + "\n":
            write_for(file, value + "\n", None, 0o600)
        return file
