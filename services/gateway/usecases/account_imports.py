"""Owns making many accounts from a file: all of them, or none and a report by row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.gateway.domain.account_rows import (
    AccountsRefused,
    NewAccount,
    RowProblem,
    accounts_of,
)
from services.gateway.domain.accounts import UsernameTaken
from services.gateway.domain.grants import today
from services.gateway.models.accounts import Account
from services.gateway.personal import DISPLAY_NAME
from services.gateway.schemas.accounts import AccountImportReport, ImportedAccount
from services.gateway.usecases.activations import add_first_codes
from services.gateway.usecases.granting import add_checked_grants
from shared.audit import trail
from shared.ids import new_id
from shared.privacy import keyring
from shared.privacy.personal import seal_new


def import_accounts(
    session: Session, content: bytes, by: str, now: datetime, *, if_absent: bool = False
) -> AccountImportReport:
    """Make every account that a file names, each with a code to set its password.

    With `if_absent`, usernames that are taken are left out.

    Raises:
        AccountsRefused: with every row that is wrong; nobody is added then.
        AccountsNotUtf8, WrongColumns, NoRows, TooManyRows
    """
    people, problems = accounts_of(content, today(now))
    taken = _taken(session, people)
    if if_absent:
        there = {one.value for one in taken}
        people = [person for person in people if person.username not in there]
    else:
        problems += taken
    if problems:
        raise AccountsRefused(sorted(problems, key=lambda one: one.row))
    ids = {person.username: new_id() for person in people}
    _add_accounts(session, people, ids, by, now)
    add_checked_grants(session, {ids[one.username]: one.grants for one in people}, by, now)
    codes, until = add_first_codes(session, ids.values(), by)
    trail.record(
        session,
        who=by,
        action="import_accounts",
        subject="accounts",
        facts={"accounts": [str(one) for one in ids.values()]},
        now=now,
    )
    made = [_shown(person, ids[person.username], codes) for person in people]
    rows = sum(len(person.grants) for person in people)
    return AccountImportReport(rows=rows, created=len(made), codes_expire_at=until, accounts=made)


def _add_accounts(
    session: Session, people: list[NewAccount], ids: dict[str, UUID], by: str, now: datetime
) -> None:
    """Add all accounts by a few statements: two thousand one by one outlast the front door.

    Raises:
        AccountsRefused: when somebody else took a username meanwhile.
    """
    names = {ids[person.username]: person.display_name for person in people}
    sealed = seal_new(session, keyring.of(session), DISPLAY_NAME.field, names)
    rows = [
        {
            "id": account_id,
            "username": username,
            "display_name": sealed[account_id],
            "state": "active",
            "token_version": 1,  # nosec B105: a number
            "created_by": by,
            "created_at": now,
            "version": 1,
        }
        for username, account_id in sorted(ids.items())
    ]
    if not rows:
        return
    adding = insert(Account).on_conflict_do_nothing(index_elements=[Account.username])
    added = set(session.scalars(adding.returning(Account.username), rows))
    if lost := [_taken_by(person) for person in people if person.username not in added]:
        raise AccountsRefused(lost)


def _shown(person: NewAccount, account_id: UUID, codes: dict[UUID, str]) -> ImportedAccount:
    return ImportedAccount(
        row=person.row,
        id=account_id,
        username=person.username,
        activation_code=codes[account_id],
    )


def _taken(session: Session, people: list[NewAccount]) -> list[RowProblem]:
    known = {person.username: person for person in people}
    found = session.scalars(select(Account.username).where(Account.username.in_(known)))
    return [_taken_by(known[name]) for name in found]


def _taken_by(person: NewAccount) -> RowProblem:
    name = person.username
    return RowProblem(person.row, UsernameTaken("username", username=name), name)
