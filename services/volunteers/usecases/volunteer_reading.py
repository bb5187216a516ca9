"""Owns reading volunteers: one, lists, oneself, and what is held on a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.volunteers.domain.identity import VolunteerUnknown
from services.volunteers.models import Volunteer
from services.volunteers.personal import ID_NUMBER, PERSONAL_FIELDS, REAL_NAME
from services.volunteers.schemas.volunteers import (
    ListVolunteers,
    OwnVolunteerView,
    VolunteerPage,
    VolunteerView,
)
from shared.audit import trail
from shared.auth.callers import Caller, within
from shared.http.listing import Listing, newest
from shared.privacy import keyring
from shared.privacy.export import export_person
from shared.privacy.export_views import ExportView, export_view
from shared.privacy.fields import PersonalField
from shared.privacy.masking import masked
from shared.privacy.personal import reveal_many

_LATEST = Listing(
    "volunteers", {"-registered_at": (newest(Volunteer.registered_at), newest(Volunteer.id))}
)


def get_volunteer(session: Session, volunteer_id: UUID, who: Caller) -> VolunteerView:
    """Return a volunteer, masked.

    Raises:
        VolunteerUnknown: when there is none of that id in the caller's areas.
    """
    volunteer = session.get(Volunteer, volunteer_id)
    if volunteer is None or not who.may_act_in(volunteer.area_code):
        raise VolunteerUnknown
    return view_of(session, volunteer)


def list_volunteers(session: Session, wanted: ListVolunteers, who: Caller) -> VolunteerPage:
    """Return a page of the volunteers in the caller's areas, masked, the latest first.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(Volunteer).where(within(Volunteer.area_code, who.areas))
    if wanted.area is not None:
        found = found.where(within(Volunteer.area_code, [wanted.area]))
    page = _LATEST.page(session, found, wanted)
    return VolunteerPage(items=_views_of(session, page.items), next=page.next)


def get_own_volunteer(session: Session, person_id: UUID) -> OwnVolunteerView:
    """Return the caller as a volunteer, the name whole.

    Raises:
        VolunteerUnknown: when they have not registered, or were erased.
    """
    volunteer = session.get(Volunteer, person_id)
    if volunteer is None or volunteer.state == "erased":
        raise VolunteerUnknown
    return own_view_of(session, volunteer)


def export_own_volunteer(session: Session, person_id: UUID, now: datetime) -> ExportView:
    """Return everything personal that is held on the caller, with a line in the audit."""
    told = export_person(session, keyring.of(session), PERSONAL_FIELDS, person_id)
    trail.record(
        session,
        who=str(person_id),
        action="export_volunteer",
        subject=f"person:{person_id}",
        facts={"values": len(told["held"])},
        now=now,
    )
    return export_view(person_id, told)


def view_of(session: Session, volunteer: Volunteer) -> VolunteerView:
    """Return what staff see of a volunteer: name and number masked."""
    return _views_of(session, [volunteer])[0]


def own_view_of(session: Session, volunteer: Volunteer) -> OwnVolunteerView:
    """Return what a volunteer sees of themself."""
    names = _texts(session, REAL_NAME, [volunteer])
    return OwnVolunteerView(
        **_facts_of(volunteer),
        real_name=names[volunteer.id],
        id_number=_masked(ID_NUMBER, _texts(session, ID_NUMBER, [volunteer]), volunteer),
    )


def _views_of(session: Session, volunteers: list[Volunteer]) -> list[VolunteerView]:
    names = _texts(session, REAL_NAME, volunteers)
    numbers = _texts(session, ID_NUMBER, volunteers)
    return [
        VolunteerView(
            **_facts_of(one),
            state=one.state,
            real_name=_masked(REAL_NAME, names, one),
            id_number=_masked(ID_NUMBER, numbers, one),
        )
        for one in volunteers
    ]


def _texts(session: Session, field: PersonalField, volunteers: list[Volunteer]) -> dict[UUID, str]:
    held = {one.id: getattr(one, field.column) for one in volunteers}
    sealed = {person: value for person, value in held.items() if value is not None}
    return reveal_many(session, keyring.of(session), field.field, sealed)


def _masked(field: PersonalField, texts: dict[UUID, str], volunteer: Volunteer) -> str | None:
    text = texts.get(volunteer.id)
    return None if text is None else masked(field.kind, text)


def _facts_of(volunteer: Volunteer) -> dict[str, Any]:
    return {
        "id": volunteer.id,
        "area_code": volunteer.area_code,
        "registered_at": volunteer.registered_at,
        "version": volunteer.version,
    }
