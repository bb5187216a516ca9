"""Owns reading accounts: one, lists, one's own, and what is held on a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from services.gateway.domain.accounts import AccountUnknown
from services.gateway.domain.grants import grants_on, holds_on, today
from services.gateway.models.accounts import Account, AccountGrant
from services.gateway.personal import DISPLAY_NAME, PERSONAL_FIELDS
from services.gateway.schemas.accounts import (
    AccountLine,
    AccountPage,
    AccountView,
    GrantView,
    ListAccounts,
    NameView,
    OwnAccountView,
    OwnRole,
)
from services.gateway.usecases.granting import held, held_of
from shared.audit import trail
from shared.auth.callers import within
from shared.auth.roles import ROLES
from shared.http.listing import Key, Listing
from shared.privacy import keyring
from shared.privacy.export import export_person
from shared.privacy.export_views import ExportView, export_view
from shared.privacy.masking import mask_name
from shared.privacy.personal import reveal_many
from shared.privacy.unmask import unmask

_BY_USERNAME = Listing("accounts", {"username": (Key(Account.username),)})


def get_account(session: Session, account_id: UUID, now: datetime) -> AccountView:
    """Return an account with its grants.

    Raises:
        AccountUnknown
    """
    return view_of(session, _account(session, account_id), now)


def list_accounts(session: Session, wanted: ListAccounts, now: datetime) -> AccountPage:
    """Return a page of accounts by username.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(Account)
    if wanted.username is not None:
        found = found.where(Account.username.startswith(wanted.username, autoescape=True))
    if wanted.state is not None:
        found = found.where(Account.state == wanted.state)
    if wanted.role is not None or wanted.area is not None:
        found = found.where(_holding(wanted, now))
    page = _BY_USERNAME.page(session, found, wanted)
    names = _names(session, page.items)
    return AccountPage(
        items=[AccountLine(**_line_of(one, names)) for one in page.items], next=page.next
    )


def get_own_account(session: Session, account_id: UUID, now: datetime) -> OwnAccountView:
    """Return the caller's own account, the name whole.

    Raises:
        AccountUnknown
    """
    account = _account(session, account_id)
    grants = grants_on(held(account), today(now))
    roles = [
        OwnRole(
            role=one.role,
            name_zh=ROLES[one.role][0],
            name_en=ROLES[one.role][1],
            areas=list(one.areas),
        )
        for one in grants
    ]
    name = _names(session, [account]).get(account.id)
    return OwnAccountView(id=account.id, username=account.username, display_name=name, roles=roles)


def unmask_name(
    session: Session, account_id: UUID, reason: str, by: UUID, now: datetime
) -> NameView:
    """Return a person's whole name, with a line in the audit.

    Raises:
        AccountUnknown, ReasonMissing, PersonErased
    """
    account = _account(session, account_id)
    name = unmask(
        session,
        keyring.of(session),
        who=by,
        person_id=account.id,
        field=DISPLAY_NAME.field,
        sealed=account.display_name,
        reason=reason,
        now=now,
    )
    return NameView(id=account.id, name=name)


def export_account(session: Session, account_id: UUID, by: UUID, now: datetime) -> ExportView:
    """Return everything personal that the gateway holds on a person, with a line in the audit.

    Raises:
        AccountUnknown
    """
    account = _account(session, account_id)
    told = export_person(session, keyring.of(session), PERSONAL_FIELDS, account.id)
    trail.record(
        session,
        who=str(by),
        action="export_account",
        subject=f"account:{account.id}",
        facts={"values": len(told["held"])},
        now=now,
    )
    return export_view(account.id, told)


def view_of(session: Session, account: Account, now: datetime) -> AccountView:
    """Return all that administrators see of an account."""
    session.flush()
    day = today(now)
    grants = [
        GrantView(
            id=one.id,
            role=one.role,
            areas=list(one.areas),
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            holds=holds_on(held_of(one), day),
            granted_by=one.granted_by,
            granted_at=one.granted_at,
            ended_by=one.ended_by,
            ended_at=one.ended_at,
        )
        for one in account.grants
    ]
    return AccountView(**_line_of(account, _names(session, [account])), grants=grants)


def _account(session: Session, account_id: UUID) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise AccountUnknown
    return account


def _holding(wanted: ListAccounts, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a grant holds today in the role, in or above the area."""
    day = today(now)
    grant = exists().where(
        AccountGrant.account_id == Account.id,
        AccountGrant.ended_at.is_(None),
        AccountGrant.valid_from <= day,
        func.coalesce(AccountGrant.valid_until, day) >= day,
    )
    if wanted.role is not None:
        grant = grant.where(AccountGrant.role == wanted.role)
    if wanted.area is not None:
        code = func.unnest(AccountGrant.areas).column_valued("code")
        inside = exists(select(code).where(or_(within(code, [wanted.area]), _above(wanted, code))))
        grant = grant.where(inside)
    return grant


def _above(wanted: ListAccounts, code: Any) -> ColumnElement[bool]:
    area = wanted.area or ""
    above: ColumnElement[bool] = code.in_([area[:length] for length in (2, 4, 6, 9, 12)])
    return above


def _names(session: Session, accounts: list[Account]) -> dict[UUID, str]:
    sealed = {one.id: one.display_name for one in accounts}
    return reveal_many(session, keyring.of(session), DISPLAY_NAME.field, sealed)


def _line_of(account: Account, names: dict[UUID, str]) -> dict[str, Any]:
    name = names.get(account.id)
    return {
        "id": account.id,
        "username": account.username,
        "display_name": None if name is None else mask_name(name),
        "state": account.state,
        "has_password": account.password_hash is not None,
        "created_at": account.created_at,
        "version": account.version,
    }
