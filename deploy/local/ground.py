"""Own the ground on which backups are taken and restored: commands, servers, starts and stops."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from deploy.local.progress import Failure
from shared import config
from shared.backup.shelf import Shelf


@dataclass(frozen=True)
class Ground:
    """A system as a restore sees it: each service's database is entered with its login alone."""

    admin_url: str
    linli: str
    environment_of: Callable[[str], Mapping[str, str]]
    extensions_of: Callable[[str], Sequence[str]]
    stop: Callable[[Sequence[str]], None]
    start: Callable[[Sequence[str]], None]
    hand_out_keys: Callable[[], None]
    shelf: Shelf
    say: Callable[[str], None]

    def url_of(self, service: str) -> str:
        """Return the URL of a service's database, with its login."""
        return config.database_url(self.environment_of(service))

    def database_of(self, service: str) -> str:
        """Return the name of a service's database."""
        return make_url(self.url_of(service)).database or ""

    def login_of(self, service: str) -> str:
        """Return the login of a service."""
        return make_url(self.url_of(service)).username or ""

    def url_in(self, service: str, database: str) -> str:
        """Return the URL of another database for a service's login."""
        url = make_url(self.url_of(service)).set(database=database)
        return url.render_as_string(hide_password=False)

    def run(
        self, service: str, arguments: Sequence[str | Path], *, url: str | None = None
    ) -> list[str]:
        """Run a `linli` command on a service's database and return the lines that it printed.

        Raises: Failure with its own words.
        """
        done = self.attempt(service, arguments, url=url)
        if done.returncode != 0:
            words = (done.stderr.strip() or done.stdout.strip()).splitlines()
            name = f"linli {' '.join(map(str, arguments))}"
            why = words[-1] if words else f"exit code {done.returncode}"
            raise Failure(name, why, "put right what it says, then run the same command again")
        return done.stdout.splitlines()

    def attempt(
        self, service: str, arguments: Sequence[str | Path], *, url: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a `linli` command and return how it ended."""
        environment = dict(self.environment_of(service))
        if url is not None:
            environment |= {"LINLI_DATABASE_URL": url}
        return subprocess.run(
            [self.linli, *map(str, arguments)],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
