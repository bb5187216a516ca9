"""Owns the declaration of what a service stores sealed: as data, in `services/<name>/personal.py`.

Export, erasure, rotation of keys and the tests all read it there:

    PERSONAL_FIELDS = (PersonalField("accounts", "id", "id", "name", "name", "name_index"),)
    SEALED_COLUMNS = (SealedColumn("signing_keys", "kid", "pem", "signing_keys.pem {id}"),)
"""

import importlib
import re
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

PersonalKind = Literal["name", "phone", "email", "id_number", "address", "text"]
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class PersonalField:
    """A column whose values `shared.privacy.personal.seal` made; `index_column` finds them again.

    The index column takes NULL: erasure empties it. `field` is the name that was given to `seal`,
    `<table>.<column>` when it isn't said.
    """

    table: str
    id_column: str
    person_column: str
    column: str
    kind: PersonalKind
    index_column: str | None = None
    field: str = ""

    def __post_init__(self) -> None:
        """Fill in the field's name, and refuse names that would need quoting in SQL."""
        names = (self.table, self.id_column, self.person_column, self.column, self.index_column)
        _require_plain(*(name for name in names if name is not None))
        object.__setattr__(self, "field", self.field or f"{self.table}.{self.column}")

    def stored(self) -> sa.TableClause:
        """Return the table, as far as it is declared."""
        names = (self.id_column, self.person_column, self.column, self.index_column or self.column)
        return sa.table(self.table, *map(sa.column, dict.fromkeys(names)))


@dataclass(frozen=True)
class SealedColumn:
    """A column whose values the service's keyring sealed; `{id}` in the context is the row's."""

    table: str
    id_column: str
    column: str
    context: str

    def __post_init__(self) -> None:
        """Refuse names that would need quoting in SQL."""
        _require_plain(self.table, self.id_column, self.column)

    def stored(self) -> sa.TableClause:
        """Return the table, as far as it is declared."""
        value = sa.column(self.column, sa.LargeBinary)
        return sa.table(self.table, sa.column(self.id_column), value)

    def context_of(self, row_id: object) -> str:
        """Return the context in which the value of one row is sealed."""
        return self.context.replace("{id}", str(row_id))


@dataclass(frozen=True)
class Declared:
    """All that one service declares."""

    fields: tuple[PersonalField, ...] = ()
    sealed_columns: tuple[SealedColumn, ...] = ()


def declared_by(service: str) -> Declared:
    """Return what a service declares; nothing when it has no module `personal`."""
    name = f"services.{service}.personal"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return Declared()
    return Declared(getattr(module, "PERSONAL_FIELDS", ()), getattr(module, "SEALED_COLUMNS", ()))


def _require_plain(*names: str) -> None:
    if odd := [name for name in names if not _NAME.fullmatch(name)]:
        raise ValueError(f"not a plain name of a table or column: {', '.join(odd)}")
