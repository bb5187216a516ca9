"""Owns what operators do with accounts from the command line: the first administrator, files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.gateway.domain.accounts import normalised_username
from services.gateway.domain.passwords import normalised
from services.gateway.models.accounts import Account
from services.gateway.password_hashes import password_hashes
from services.gateway.schemas.accounts import (
    AccountImportReport,
    AccountLine,
    CreateAccount,
    GrantRole,
    ListAccounts,
)
from services.gateway.usecases.account_imports import import_accounts
from services.gateway.usecases.account_reading import list_accounts
from services.gateway.usecases.accounts import create_account
from services.gateway.usecases.passwords import require_good
from shared.auth.roles import Role
from shared.database import Transactions
from shared.errors import Rejected


@dataclass(frozen=True)
class NewAccount:
    """An account as an operator names it."""

    username: str
    display_name: str
    roles: Sequence[Role]
    areas: Sequence[str]


def add(db: Transactions, new: NewAccount, password: str | None, by: str) -> bool:
    """Make an account, with a password if one is given; tell whether it was not there before.

    Raises:
        Rejected: when a rule refuses the name, the grants or the password.
    """
    username = normalised_username(new.username)
    hashed = None if password is None else hashed_password(password, username)

    def make(session: Session, now: datetime) -> bool:
        if session.scalar(select(Account.id).where(Account.username == username)):
            return False
        grants = [GrantRole(role=role, areas=list(new.areas)) for role in new.roles]
        request = CreateAccount(username=username, display_name=new.display_name, grants=grants)
        create_account(session, request, by, now)
        _set_password(session, [username], hashed)
        return True

    return db.run(make)


def load(
    db: Transactions, content: bytes, password: str | None, by: str, *, if_absent: bool = False
) -> AccountImportReport:
    """Make all accounts of a file, each with the one password if it is given.

    With `if_absent`, people who are there already are left out instead of refused.

    Raises:
        Rejected: when the file or the password is refused.
    """
    hashed = None if password is None else hashed_password(password, "")

    def make(session: Session, now: datetime) -> AccountImportReport:
        report = import_accounts(session, content, by, now, if_absent=if_absent)
        _set_password(session, [one.username for one in report.accounts], hashed)
        return report

    return db.run(make)


def every(db: Transactions) -> Iterator[AccountLine]:
    """Yield all accounts by username, the names masked."""
    after: str | None = None
    while True:
        page = db.run(list_accounts, ListAccounts(limit=200, after=after))
        yield from page.items
        if (after := page.next) is None:
            return


def hashed_password(password: str, username: str) -> str:
    """Return the hash of a password that is good enough.

    Raises:
        Rejected: `services/gateway/domain/passwords.py` says when.
    """
    plain = normalised(password)
    require_good("password", plain, username)
    return password_hashes().hash(plain)


def problems_of(error: Rejected) -> list[str]:
    """Return a line per wrong row of a refused file, for a terminal."""
    return [
        f"row {one.row}: {one.refusal.field or ''} {one.refusal.text('zh')}"
        for one in getattr(error, "problems", ())
    ]


def _set_password(session: Session, usernames: Sequence[str], hashed: str | None) -> None:
    if hashed is not None:
        found = update(Account).where(Account.username.in_(usernames))
        session.execute(found.values(password_hash=hashed))
