"""Owns making many accounts from a file: all of them, or none and a report by row."""

from datetime import datetime

from sqlalchemy import select
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
from services.gateway.schemas.accounts import AccountImportReport, GrantRole, ImportedAccount
from services.gateway.usecases.accounts import new_account
from services.gateway.usecases.activations import add_code
from services.gateway.usecases.granting import add_grants
from shared.audit import trail
from shared.clock import real_now


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
    made, until = [], real_now()
    for person in people:
        account = new_account(session, person.username, person.display_name, by, now)
        add_grants(session, account, _asked(person), by, now)
        code, until = add_code(session, account, by)
        made.append(
            ImportedAccount(
                row=person.row, id=account.id, username=person.username, activation_code=code
            )
        )
    trail.record(
        session,
        who=by,
        action="import_accounts",
        subject="accounts",
        facts={"accounts": [str(one.id) for one in made]},
        now=now,
    )
    rows = sum(len(person.grants) for person in people)
    return AccountImportReport(rows=rows, created=len(made), codes_expire_at=until, accounts=made)


def _taken(session: Session, people: list[NewAccount]) -> list[RowProblem]:
    rows = {person.username: person.row for person in people}
    found = session.scalars(select(Account.username).where(Account.username.in_(rows)))
    return [
        RowProblem(rows[name], UsernameTaken("username", username=name), name) for name in found
    ]


def _asked(person: NewAccount) -> list[GrantRole]:
    return [
        GrantRole(
            role=one.role,
            areas=list(one.areas),
            valid_from=one.valid_from,
            valid_until=one.valid_until,
        )
        for one in person.grants
    ]
