"""Owns persons for tests of personal data: a table of residents, rings of keys, the commands."""

import argparse
import base64
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.audit_cli import add_audit
from shared.database import Transactions
from shared.hours_cli import add_hours
from shared.ids import new_id
from shared.keys_cli import add_keys
from shared.privacy.fields import PersonalField
from shared.privacy.keyring import Keyring
from shared.privacy.personal import reveal, seal
from tests.databases import KEYRING

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
BOSS = UUID("01931f6a-2c40-7c11-9d0e-5b1f6a2c4001")
FIELDS = (
    PersonalField("residents", "id", "person_id", "name", "name"),
    PersonalField("residents", "id", "person_id", "phone", "phone", "phone_index"),
)
NAME, PHONE = (field.field for field in FIELDS)
_TABLE = """
    CREATE TABLE residents (
        id uuid PRIMARY KEY, person_id uuid NOT NULL, name bytea, phone bytea, phone_index bytea
    )
"""


def with_residents(db: Transactions) -> Transactions:
    """Make the table that the fields declare."""
    execute(db, _TABLE)
    return db


def execute(db: Transactions, statement: str, **values: Any) -> None:
    """Change the database as its superuser can."""
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)


def rows(db: Transactions, query: str, **values: Any) -> list[Any]:
    """Return rows as tuples; of one column, its values."""
    with db.engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query), values)]
    return [row[0] if len(row) == 1 else row for row in found]


def register(session: Session, person_id: UUID, name: str, phone: str) -> None:
    """Store a resident as a service would."""
    values = {
        "id": new_id(),
        "person": person_id,
        "index": KEYRING.blind_index("phone", phone),
        "name": seal(session, KEYRING, person_id, NAME, name),
        "phone": seal(session, KEYRING, person_id, PHONE, phone),
    }
    session.execute(
        text("INSERT INTO residents VALUES (:id, :person, :name, :phone, :index)"), values
    )


def resident(db: Transactions, name: str = "张三", phone: str = "13800138000") -> UUID:
    """Store a resident; return the person's id."""
    person_id = new_id()
    db.change(register, person_id, name, phone)
    return person_id


def sealed_phone(db: Transactions, person_id: UUID) -> bytes:
    """Return the column as it stands."""
    (found,) = rows(db, "SELECT phone FROM residents WHERE person_id = :p", p=person_id)
    return bytes(found)


def phone_of(db: Transactions, person_id: UUID, ring: Keyring = KEYRING) -> str:
    """Return the phone number, revealed."""
    return db.read(reveal, ring, person_id, PHONE, sealed_phone(db, person_id))


def line(key_id: str, byte: int) -> str:
    """Return a line of LINLI_DATA_KEYS."""
    return f"{key_id}:{base64.b64encode(bytes([byte]) * 32).decode('ascii')}"


T1 = "t1:" + base64.b64encode(bytes(32)).decode("ascii")
"""The line of the key that the tests' ring has."""


def environment(lines: Iterable[str]) -> dict[str, str]:
    """Return the variables that make a ring of these lines."""
    index = base64.b64encode(bytes(range(32))).decode("ascii")
    return {"LINLI_DATA_KEYS": "\n".join(lines), "LINLI_INDEX_KEY": index}


def ring(*lines: str) -> Keyring:
    """Return a ring of these lines."""
    return Keyring.from_environment(environment(lines))


class Operator:
    """Runs `linli keys`, `linli erasures` and `linli audit` as an operator would."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], setenv: Callable[[str, str], None]
    ) -> None:
        self._capsys = capsys
        self._setenv = setenv

    def run(self, db: Transactions | None, *words: str, keys: Iterable[str] = (T1,)) -> str:
        """Run a command on a database; return what it printed. It must end well."""
        url = db.engine.url.render_as_string(hide_password=False) if db else ""
        for name, value in (environment(keys) | {"LINLI_DATABASE_URL": url}).items():
            self._setenv(name, value)
        parser = argparse.ArgumentParser(prog="linli")
        commands = parser.add_subparsers(dest="command", required=True)
        add_keys(commands, ["grid", "inspections"])
        add_audit(commands, ["grid", "inspections"])
        add_hours(commands)
        arguments = parser.parse_args(words)
        self._capsys.readouterr()
        arguments.run(arguments)
        return self._capsys.readouterr().out

    def refused(self, db: Transactions | None, *words: str, keys: Iterable[str] = (T1,)) -> str:
        """Run a command that must end with exit code 1; return the line that says why."""
        with pytest.raises(SystemExit) as end:
            self.run(db, *words, keys=keys)
        assert isinstance(end.value.code, str)
        assert "\n" not in end.value.code
        return end.value.code
