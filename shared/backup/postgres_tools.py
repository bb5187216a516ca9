"""Owns the calls of pg_dump and pg_restore: found for the server's version, no password shown."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shared.errors import Rejected

INSTALLED = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\) (\d+)")
_ENTRY = re.compile(r"\d+; \d+ \d+ .* (?P<owner>\S*)")
_LAST_CHARACTERS = 600


class PostgresToolMissing(Rejected):
    """No pg_dump or pg_restore of the server's version, or a newer one, is installed here."""

    zh = "本机未安装适用于 PostgreSQL {version} 的 {tool}；请安装 postgresql-client-{version}"
    en = "no {tool} for PostgreSQL {version} here; install the package postgresql-client-{version}"


class PostgresToolFailed(Rejected):
    """pg_dump or pg_restore gave up; its own words say why."""

    zh = "{tool} 失败：{why}"
    en = "{tool} failed: {why}"


@dataclass(frozen=True)
class PostgresTools:
    """pg_dump and pg_restore on one database, with the login of its URL."""

    url: str = field(repr=False)

    @property
    def login(self) -> str:
        """The login of the URL."""
        return str(conninfo_to_dict(plain(self.url))["user"])

    def connect(self) -> psycopg.Connection:
        """Return a connection of our own, in autocommit."""
        options = "-c timezone=UTC -c idle_in_transaction_session_timeout=0"
        return psycopg.connect(
            plain(self.url), autocommit=True, connect_timeout=10, options=options
        )

    def dump(self, to: Path, snapshot: str, *arguments: str) -> None:
        """Write a dump in custom format, of what a snapshot sees; nobody else may read it.

        Raises:
            PostgresToolMissing, PostgresToolFailed
        """
        os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        options = ["--format=custom", f"--file={to}", f"--snapshot={snapshot}"]
        self._run("pg_dump", [*options, "--lock-wait-timeout=60s", *arguments])

    def restore(self, dump: Path, *arguments: str) -> None:
        """Fill the database with a dump, all or nothing.

        Only what belongs to the login: extensions and what is theirs are made by whoever makes
        the database, and take a superuser.

        Raises:
            PostgresToolMissing, PostgresToolFailed
        """
        listed = self._run("pg_restore", ["--list", str(dump)], database=False)
        with tempfile.NamedTemporaryFile("w") as chosen:
            chosen.write("\n".join(_own(listed.splitlines(), self.login)) + "\n")
            chosen.flush()
            options = ["--single-transaction", "--no-owner", "--no-privileges", "--exit-on-error"]
            self._run("pg_restore", [*options, f"--use-list={chosen.name}", *arguments, str(dump)])

    def _run(self, tool: str, arguments: Sequence[str], *, database: bool = True) -> str:
        login = conninfo_to_dict(plain(self.url))
        password = login.pop("password", None)
        command = [self._find(tool), *arguments]
        if database:
            command += ["--no-password", f"--dbname={make_conninfo('', **login)}"]
        done = subprocess.run(
            command, env=_environment(password), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise PostgresToolFailed(tool=tool, why=done.stderr.strip()[-_LAST_CHARACTERS:])
        return done.stdout

    def _find(self, tool: str) -> str:
        with self.connect() as connection:
            server = connection.info.server_version // 10_000
        on_path = [Path(found)] if (found := shutil.which(tool)) else []
        versions = {
            _version_of(path): path for path in [*on_path, *INSTALLED.glob(f"*/bin/{tool}")]
        }
        fitting = [version for version in versions if version >= server]
        if not fitting:
            raise PostgresToolMissing(tool=tool, version=server)
        return str(versions[min(fitting)])


def plain(url: str) -> str:
    """Return a URL as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def _own(entries: Sequence[str], login: str) -> list[str]:
    """Return those lines of a dump's table of contents that belong to a login."""
    found = [_ENTRY.fullmatch(line) for line in entries]
    return [match[0] for match in found if match and match["owner"] == login]


def _environment(password: object) -> Mapping[str, str]:
    """Return a small environment; the password is in it, as the command line is for all to read."""
    told = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    told["LANG"] = "C.UTF-8"
    return told | ({"PGPASSWORD": str(password)} if password is not None else {})


def _version_of(path: Path) -> int:
    said = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)
    match = _VERSION.search(said.stdout)
    return int(match[1]) if match else 0
