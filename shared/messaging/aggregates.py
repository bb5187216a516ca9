"""Owns the declaration of what a service versions and knows: `services/<name>/aggregates.py`.

A restore reads it: hearers may know more of an aggregate than its restored producer does.

    OWNED = (Owned("case_id", "cases", "id", "version"),)
    HELD = (Held("inspections", "finding_id", "cases", "finding_id"),)
    COUNTED = (Column("case_counters", "last_sequence"),)
    STAYING = (Staying("post_versions", "version", "history; the database lets nobody change it"),)
    OPENING = ("INSERT INTO case_counters …",)  # counters that the lost days have begun
"""

import importlib
from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True)
class Column:
    """A column of whole numbers that others have seen: none of them may be given out again."""

    table: str
    column: str
    changing: str = "true"
    """Which rows still change, in SQL."""


@dataclass(frozen=True)
class Owned:
    """Aggregates that a service says events of, with the version that those carry."""

    subject: str
    """What contracts call their id, `case_id`."""
    table: str
    id_column: str
    version_column: str
    changing: str = "true"
    """Which rows still change, in SQL; of the others nothing more is said, and they may stay."""


@dataclass(frozen=True)
class Held:
    """What a hearer keeps of another service's aggregates: the id, and the version if it does."""

    producer: str
    subject: str
    table: str
    id_column: str
    version_column: str | None = None


@dataclass(frozen=True)
class Staying:
    """A version that a restore leaves as it is, and why: a test finds what nobody declared."""

    table: str
    column: str
    why: str


@dataclass(frozen=True)
class Declared:
    """All that one service declares."""

    owned: tuple[Owned, ...] = ()
    held: tuple[Held, ...] = ()
    counted: tuple[Column, ...] = ()
    staying: tuple[Staying, ...] = ()
    opening: tuple[str, ...] = ()
    """SQL that makes, before the leap, counters that the lost days may have begun; knows :now."""

    def leaping(self) -> list[Column]:
        """Return every column of numbers that a restore moves past what others have seen."""
        versions = (Column(one.table, one.version_column, one.changing) for one in self.owned)
        return list(dict.fromkeys([*versions, *self.counted]))


_ACCOUNTS = Held("gateway", "account_id", "known_accounts", "account_id", "version")
"""Every service keeps it (shared/auth/known.py); the gateway's own is restored with it."""
_KEYS = Staying("signing_keys", "set_version", "the gateway's; handed out anew at each restore")


def declared_by(service: str) -> Declared:
    """Return what a service declares; no more than what all hold without a module `aggregates`."""
    held_by_all = () if service == _ACCOUNTS.producer else (_ACCOUNTS,)
    name = f"services.{service}.aggregates"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return Declared(held=held_by_all, staying=(_KEYS,))
    return Declared(
        getattr(module, "OWNED", ()),
        (*getattr(module, "HELD", ()), *held_by_all),
        getattr(module, "COUNTED", ()),
        (*getattr(module, "STAYING", ()), _KEYS),
        getattr(module, "OPENING", ()),
    )


def versions_in(
    connection: sa.Connection, table: str, id_column: str, version_column: str | None
) -> dict[str, int | None]:
    """Return id → version of every row that has the id; None where no version is kept."""
    names = [name for name in (id_column, version_column) if name is not None]
    rows = sa.table(table, *map(sa.column, names))
    chosen = [rows.c[name] for name in names]
    found = connection.execute(sa.select(*chosen).where(rows.c[id_column].is_not(None)))
    return {str(row[0]): row[1] if version_column else None for row in found}
