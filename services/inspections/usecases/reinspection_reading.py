"""Owns reading re-inspections: one, and lists."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from services.inspections.domain.reinspections import Parties
from services.inspections.domain.secrecy import may_see_inspector, told_excluded
from services.inspections.models import Finding, Reinspection
from services.inspections.schemas import ListReinspections, ReinspectionPage, ReinspectionView
from services.inspections.usecases.views import view_of
from shared.auth.callers import Caller, within
from shared.errors import NotFound
from shared.http.listing import Listing, newest

_LATEST = Listing("reinspections", {"-opened_at": (newest(Reinspection.id),)})
"""Ids are in the order in which re-inspections were opened."""

_WHOLE = joinedload(Reinspection.finding).joinedload(Finding.inspection)


class ReinspectionNotFound(NotFound):
    """No re-inspection has that id."""

    zh = "未找到该复查"
    en = "There is no such re-inspection"


def get_reinspection(session: Session, reinspection_id: UUID, who: Caller) -> ReinspectionView:
    """Return a re-inspection.

    Raises:
        ReinspectionNotFound
    """
    reinspection = session.get(Reinspection, reinspection_id, options=[_WHOLE])
    if reinspection is None or not who.may_act_in(reinspection.area_code):
        raise ReinspectionNotFound
    return shown(reinspection, who)


def list_reinspections(
    session: Session, request: ListReinspections, who: Caller
) -> ReinspectionPage:
    """Return a page of the re-inspections under an area that the caller may see, newest first.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    rows = (
        select(Reinspection)
        .where(
            within(Reinspection.area_code, [request.area]),
            within(Reinspection.area_code, who.areas),
        )
        .options(_WHOLE)
    )
    if request.state is not None:
        rows = rows.where(Reinspection.state == request.state)
    page = _LATEST.page(session, rows, request)
    return ReinspectionPage(items=[shown(row, who) for row in page.items], next=page.next)


def parties_of(reinspection: Reinspection) -> Parties:
    """Return who may not decide it, as the rules see them."""
    return Parties(
        reinspection.first_inspector_id,
        frozenset(reinspection.rectifier_ids),
        frozenset(reinspection.checker_ids),
        frozenset(reinspection.responsible_ids),
    )


def shown(reinspection: Reinspection, who: Caller) -> ReinspectionView:
    """Return a re-inspection as this caller may see it."""
    parties, mode = parties_of(reinspection), reinspection.finding.inspection.mode
    sees_all = may_see_inspector(
        mode, parties.first_inspector, who.id, reinspection.area_code, who.grants
    )
    excluded = sorted(parties.all) if sees_all else told_excluded(mode, parties)
    return view_of(ReinspectionView, reinspection, excluded_ids=excluded)
