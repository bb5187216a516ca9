"""Owns what happens to volunteers: registered, looked at behind the mask, erased."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.volunteers.domain.identity import (
    AlreadyErased,
    AlreadyVolunteer,
    IdNumberTaken,
    VolunteerUnknown,
    normalised_id_number,
    normalised_real_name,
)
from services.volunteers.models import Volunteer
from services.volunteers.personal import ID_NUMBER, PERSONAL_FIELDS, REAL_NAME
from services.volunteers.schemas.volunteers import (
    EraseVolunteer,
    OwnVolunteerView,
    RegisterVolunteer,
    UnmaskedView,
    UnmaskVolunteer,
    VolunteerView,
)
from services.volunteers.usecases.areas import require_community
from services.volunteers.usecases.sign_ups import release_places
from services.volunteers.usecases.volunteer_reading import own_view_of, view_of
from shared.auth.callers import Caller
from shared.contracts.volunteers import VolunteerRegisteredV1
from shared.errors import NotFound
from shared.messaging import outbox
from shared.privacy import keyring
from shared.privacy.erasure import erase_person
from shared.privacy.personal import seal
from shared.privacy.unmask import unmask

_FIELDS = {"real_name": REAL_NAME, "id_number": ID_NUMBER}


class NothingHeld(NotFound):
    """The volunteer never gave it."""

    zh = "该志愿者未登记此项信息"
    en = "The volunteer never gave this"


def register_volunteer(
    session: Session, request: RegisterVolunteer, who: Caller, now: datetime
) -> OwnVolunteerView:
    """Make the caller a volunteer of a community, and say so.

    Raises:
        AreaNotGranted, CommunityUnknown, RealNameMalformed, IdNumberMalformed, AlreadyVolunteer,
        IdNumberTaken, PersonErased
    """
    who.require_area("area_code", request.area_code)
    require_community(session, request.area_code, now)
    volunteer = _registered(session, request, who.id, now)
    outbox.add(
        session,
        VolunteerRegisteredV1(
            volunteer_id=volunteer.id,
            area_code=volunteer.area_code,
            registered_at=now,
            version=volunteer.version,
        ),
    )
    return own_view_of(session, volunteer)


def unmask_volunteer(
    session: Session, volunteer_id: UUID, request: UnmaskVolunteer, who: Caller, now: datetime
) -> UnmaskedView:
    """Return the whole name or number, with a line in the audit.

    Raises:
        VolunteerUnknown, NothingHeld, ReasonMissing, PersonErased
    """
    volunteer = session.get(Volunteer, volunteer_id)
    if volunteer is None or not who.may_act_in(volunteer.area_code):
        raise VolunteerUnknown
    sealed = getattr(volunteer, request.what)
    if sealed is None:
        raise NothingHeld
    value = unmask(
        session,
        keyring.of(session),
        who=who.id,
        person_id=volunteer.id,
        field=_FIELDS[request.what].field,
        sealed=sealed,
        reason=request.reason,
        now=now,
    )
    return UnmaskedView(id=volunteer.id, what=request.what, value=value)


def erase_volunteer(
    session: Session, volunteer_id: UUID, request: EraseVolunteer, by: UUID, now: datetime
) -> VolunteerView:
    """Make all that is held on a volunteer unreadable for ever; places they held are free again.

    Their hours stay, under an id that leads to nobody.

    Raises:
        VolunteerUnknown, AlreadyErased, ReasonMissing
    """
    volunteer = session.get(Volunteer, volunteer_id, with_for_update=True)
    if volunteer is None:
        raise VolunteerUnknown
    if volunteer.state == "erased":
        raise AlreadyErased
    release_places(session, volunteer.id, by, now)
    volunteer.state = "erased"
    erase_person(session, PERSONAL_FIELDS, volunteer.id, by=by, reason=request.reason, now=now)
    session.refresh(volunteer)
    return view_of(session, volunteer)


def _registered(
    session: Session, request: RegisterVolunteer, person_id: UUID, now: datetime
) -> Volunteer:
    keys = keyring.of(session)
    row: dict[str, object] = {
        "id": person_id,
        "area_code": request.area_code,
        "real_name": seal(
            session,
            keys,
            person_id,
            REAL_NAME.field,
            normalised_real_name(request.real_name),
        ),
        "state": "active",
        "registered_at": now,
        "version": 1,
    }
    if request.id_number is not None:
        number = normalised_id_number(request.id_number, now)
        row["id_number"] = seal(session, keys, person_id, ID_NUMBER.field, number)
        row["id_number_index"] = keys.blind_index(ID_NUMBER.kind, number)
    # who registers the same person or number at once waits here, and is told which it was
    made = insert(Volunteer).values(row).on_conflict_do_nothing().returning(Volunteer.id)
    if session.execute(made).first() is None:
        if session.scalar(select(Volunteer.id).where(Volunteer.id == person_id)):
            raise AlreadyVolunteer
        raise IdNumberTaken("id_number")
    return session.get_one(Volunteer, person_id)
