"""Own a private PostgreSQL: its folder, configuration, command and readiness."""

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

import psycopg

from deploy.local.programs import (
    Program,
    environment_of,
    groups_of,
    own_folder,
    own_user,
    write_for,
)
from deploy.local.templates import render

ADMIN = "linli_admin"
INSTALLED = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class PostgresNode:
    """A PostgreSQL of our own under `<state>/postgres`. Not durable is for tests: no fsync."""

    state: Path
    port: int
    password: str
    durable: bool = True

    @property
    def folder(self) -> Path:
        return self.state / "postgres"

    @property
    def admin_url(self) -> str:
        """The superuser's URL, password included."""
        return f"postgresql://{ADMIN}:{self.password}@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        """Make the data folder and write the configuration; what is there already stays.

        Raises: RuntimeError with initdb's own words.
        """
        user = own_user("postgres")
        own_folder(self.folder, user)
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._create()
        elif self._password_mark() != (self.folder / "password.mark").read_text():
            self._change_password()
        place = render("postgres/local-place.conf", folder=self.folder, port=self.port)
        durable = "on" if self.durable else "off"
        conf = render("postgres/postgresql.conf", place=place, durable=durable)
        write_for(self.folder / "postgresql.conf", conf, user)
        write_for(
            self.folder / "pg_hba.conf", render("postgres/pg_hba.conf", place="127.0.0.1/32"), user
        )

    def program(self) -> Program:
        """Return the server's process; SIGINT is PostgreSQL's fast shutdown."""
        conf = f"config_file={self.folder}/postgresql.conf"
        return Program(
            name="postgres",
            command=(self._binary("postgres"), "-D", f"{self.folder}/data", "-c", conf),
            environment=environment_of(self.state, self.folder, LINLI_PROGRAM="postgres"),
            user=own_user("postgres"),
            stop_signal=SIGINT,
            stop_seconds=60,
            priority=20,
        )

    def ready(self) -> bool:
        """Tell whether the server answers a query with the password we know."""
        try:
            with psycopg.connect(self.admin_url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _create(self) -> None:
        password = self.folder / "password"
        write_for(password, self.password, own_user("postgres"), 0o600)
        command = [self._binary("initdb"), f"--username={ADMIN}", f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        command += ["--pgdata", f"{self.folder}/data", *([] if self.durable else ["--no-sync"])]
        try:
            self._run(command)
        finally:
            password.unlink()
        self._remember_password()

    def _change_password(self) -> None:
        """Set the password without knowing the old one: a new checkout found an old data folder."""
        command = [self._binary("postgres"), "--single", "-D", f"{self.folder}/data", "postgres"]
        self._run(command, f"ALTER ROLE {ADMIN} PASSWORD '{self.password}'\n")
        self._remember_password()

    def _remember_password(self) -> None:
        mark = self.folder / "password.mark"
        write_for(mark, self._password_mark(), own_user("postgres"), 0o600)

    def _password_mark(self) -> str:
        return hashlib.sha256(f"linli {self.password}".encode()).hexdigest()

    def _run(self, command: list[str], text: str = "") -> None:
        user = own_user("postgres")
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=environment_of(self.state, self.folder),
            user=user,
            group=user,
            extra_groups=groups_of(user) if user else None,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()[-800:]}")

    def _binary(self, name: str) -> str:
        """Return the program of the version that made the data, or of the newest installed."""
        made_by = self.folder / "data" / "PG_VERSION"
        version = made_by.read_text().strip() if made_by.exists() else "*"
        found = sorted(INSTALLED.glob(f"{version}/bin/{name}"), key=lambda path: int(path.parts[4]))
        if not found:
            raise FileNotFoundError(f"no {INSTALLED}/{version}/bin/{name}; `make up` installs it")
        return str(found[-1])
