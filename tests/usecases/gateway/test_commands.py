"""`linli signing-keys` and `linli client`, run as operators run them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.gateway.usecases.signing_keys import signing_key
from shared.auth.known import authenticate
from shared.auth.tokens import TokenInvalid, sign
from shared.clock import real_now
from shared.database import Transactions
from tests.keys import KEYS
from tests.processes import LINLI, ROOT
from tests.unit.shared.test_tokens import CLAIMS
from tests.usecases.gateway.doors import column
from tests.usecases.gateway.test_clients import ask, door


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


def linli(db: Transactions, *arguments: str, stdin: str = "", **environment: str) -> Any:
    """Run a command on a database."""
    url = db.engine.url.render_as_string(hide_password=False)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    return subprocess.run(
        [*LINLI, *arguments],
        cwd=ROOT,
        env=kept | KEYS | {"LINLI_ENV": "test", "LINLI_DATABASE_URL": url} | environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def kids(db: Transactions) -> list[str]:
    """Return the keys that a database's own door knows."""
    return sorted(column(db, "SELECT kid FROM signing_keys"))


def test_keys_are_made_shown_changed_and_dropped(db: Transactions) -> None:
    assert "made, signs now" in linli(db, "signing-keys", "init").stdout
    (first,) = kids(db)
    assert "there" in linli(db, "signing-keys", "init").stdout
    rotated = linli(db, "signing-keys", "rotate")
    assert "announced, signs from" in rotated.stdout
    shown = linli(db, "signing-keys", "show").stdout.splitlines()
    assert [line.split()[-1] for line in shown[1:]] == ["yes", "no"]
    assert linli(db, "signing-keys", "rotate", "--now").returncode == 0
    assert len(kids(db)) == 2  # the one that never began to sign is over
    assert linli(db, "signing-keys", "drop", first).returncode == 0
    assert first not in kids(db)
    again = linli(db, "signing-keys", "drop", first)
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    actions = column(db, "SELECT DISTINCT action FROM audit_log")
    assert len(actions) == 3
    assert all(who.startswith("operator:") for who in column(db, "SELECT who FROM audit_log"))


@pytest.mark.parametrize("way", ["file", "stdin", "to"])
def test_what_is_exported_opens_the_doors_of_a_service(
    db: Transactions, grid_db: Transactions, tmp_path: Path, way: str
) -> None:
    linli(db, "signing-keys", "init")
    said = sign(CLAIMS, db.read(signing_key, real_now()), real_now())
    with pytest.raises(TokenInvalid):
        grid_db.read(authenticate, said, "grid", real_now())
    exported = linli(db, "signing-keys", "export").stdout
    assert "PRIVATE" not in exported
    file = tmp_path / "keys.json"
    if way == "to":
        assert linli(db, "signing-keys", "export", "--to", str(file)).returncode == 0
    else:
        file.write_text(exported)
    named = [] if way == "stdin" else [str(file)]
    done = linli(grid_db, "signing-keys", "install", "grid", *named, stdin=exported)
    assert done.returncode == 0, done.stderr
    assert grid_db.read(authenticate, said, "grid", real_now()) == CLAIMS


@pytest.mark.parametrize("content", ["", "{}", "[]", "nonsense", '{"keys": []}', "\x00"])
def test_what_is_no_export_is_refused_in_one_line(grid_db: Transactions, content: str) -> None:
    before = kids(grid_db)
    done = linli(grid_db, "signing-keys", "install", "grid", stdin=content)
    assert done.returncode == 1
    assert done.stderr.startswith("linli signing-keys install: not what")
    assert "Traceback" not in done.stderr
    assert kids(grid_db) == before


def test_a_file_that_is_not_there_is_named(grid_db: Transactions, tmp_path: Path) -> None:
    done = linli(grid_db, "signing-keys", "install", "grid", str(tmp_path / "none.json"))
    assert done.returncode == 1
    assert "none.json" in done.stderr and "Traceback" not in done.stderr


def test_a_place_that_takes_no_export_is_named(db: Transactions, tmp_path: Path) -> None:
    linli(db, "signing-keys", "init")
    done = linli(db, "signing-keys", "export", "--to", str(tmp_path / "none" / "keys.json"))
    assert done.returncode == 1
    assert "keys.json" in done.stderr and "Traceback" not in done.stderr


def test_another_system_is_let_in_gets_a_new_secret_and_is_shut_out(db: Transactions) -> None:
    http = door(db)
    scope = ["--scope", "grid.cases:read", "--scope", "grid.areas:read"]
    made = linli(db, "client", "add", "12345 热线平台", *scope, "--area", "320508")
    assert made.returncode == 0, made.stderr
    first = _secret(made.stdout)
    assert ask(http, first).status_code == 200
    assert "12345 热线平台" in linli(db, "client", "list").stdout
    second = _secret(linli(db, "client", "rotate", first["client_id"]).stdout)
    assert ask(http, second).status_code == ask(http, first).status_code == 200
    assert linli(db, "client", "revoke", first["client_id"]).returncode == 0
    assert ask(http, second).status_code == 401
    assert "revoked" in linli(db, "client", "list").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "x", "--scope", "grid.everything:write", "--area", "32"],
        ["add", "x", "--scope", "grid.cases:read", "--area", "3"],
        ["rotate", str(UUID(int=7))],
        ["revoke", str(UUID(int=7))],
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(db: Transactions, arguments: list[str]) -> None:
    done = linli(db, "client", *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith(f"linli client {arguments[0]}")


def test_an_export_is_the_event_that_the_services_hear(db: Transactions) -> None:
    linli(db, "signing-keys", "init")
    exported = json.loads(linli(db, "signing-keys", "export").stdout)
    assert set(exported) == {"key_set_id", "keys", "version"}
    assert set(exported["keys"][0]) == {"kid", "x", "y", "expires_at"}


def _secret(printed: str) -> dict[str, str]:
    return {line.split()[0]: line.split()[1] for line in printed.splitlines()}
