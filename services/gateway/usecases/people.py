"""Owns telling people's names to those whose work has to do with them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from services.gateway.domain.grants import grants_on, overlapping, today
from services.gateway.models.accounts import Account
from services.gateway.personal import DISPLAY_NAME
from services.gateway.schemas.accounts import NameView
from services.gateway.schemas.people import ListNames, NamePage
from services.gateway.usecases.granting import held
from shared.audit import trail
from shared.auth.callers import Caller
from shared.clock import real_now
from shared.http import rate_limits
from shared.privacy import keyring
from shared.privacy.personal import reveal_many

ASKED_A_MINUTE = 60


def list_names(session: Session, request: ListNames, who: Caller, now: datetime) -> NamePage:
    """Return the names of those whose areas and the caller's overlap; the audit tells of each.

    Who isn't there, lies elsewhere or was erased is left out, and one can't tell which.

    Raises:
        TooMany: past sixty times a minute.
    """
    rate_limits.take(session, str(who.id), "list_names", ASKED_A_MINUTE, 60, real_now())
    ids = set(request.ids)
    found = select(Account).where(Account.id.in_(ids)).options(selectinload(Account.grants))
    near = {one.id: one.display_name for one in session.scalars(found) if _near(one, who, now)}
    names = reveal_many(session, keyring.of(session), DISPLAY_NAME.field, near)
    trail.record(
        session,
        who=str(who.id),
        action="list_names",
        subject="people",
        facts={"ids": sorted(str(one) for one in names)},
        now=now,
    )
    return NamePage(items=[NameView(id=one, name=names[one]) for one in sorted(names)])


def _near(account: Account, who: Caller, now: datetime) -> bool:
    grants = grants_on(held(account), today(now))
    return overlapping(who.areas, [area for one in grants for area in one.areas])
