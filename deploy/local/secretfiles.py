"""Own the local system's secrets: generated once, one file each, readable by their owner alone."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.programs import write_for


@dataclass(frozen=True)
class SecretFiles:
    """A folder of secrets. Processes are given paths, never the secrets themselves."""

    folder: Path

    def get(self, name: str) -> str:
        """Return a secret; the first call generates it. URL-safe, 32 characters."""
        return self.keep(name, lambda: secrets.token_urlsafe(24)).read_text().strip()

    def keep(self, name: str, make: Callable[[], str]) -> Path:
        """Return the path of a secret; the first call makes it."""
        file = self.folder / name
        return file if file.exists() else self.put(name, make())

    def put(self, name: str, value: str) -> Path:
        """Write what is derived from secrets, such as a URL, and return its path."""
        file = self.folder / name
        if not file.exists() or file.read_text() != value + "\n":
            write_for(file, value + "\n", None, 0o600)
        return file


def random_key() -> str:
    """Return 256 random bits in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def first_data_key() -> str:
    """Return the first line of a service's data keys; `linli keys new` makes those after it."""
    return f"k1:{random_key()}"


def strong_password() -> str:
    """Return a password of 144 random bits."""
    return secrets.token_urlsafe(18)
