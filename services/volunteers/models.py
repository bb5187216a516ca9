"""Owns the tables of `volunteers` as SQLAlchemy sees them; migrations/ makes them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.volunteers.domain import activities, sign_ups
from services.volunteers.domain.hours import HoursKind
from services.volunteers.domain.identity import VolunteerState

AreaCode = Text(collation="C")
"""Codes sort by byte, so that a subtree is one range of the index."""


class VolunteersBase(DeclarativeBase):
    """The registry of this service's tables. `created_at` is the database's, and not mapped."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, bytes: LargeBinary}


class Area(VolunteersBase):
    """This service's copy of one area of the register."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(AreaCode, primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    version: Mapped[int]
    until: Mapped[date | None]
    """From this day on there is no such area."""


class KnownCaseRow(VolunteersBase):
    """This service's copy of one case of `grid`, as of the highest version heard."""

    __tablename__ = "cases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_number: Mapped[str]
    area_code: Mapped[str] = mapped_column(AreaCode)
    title: Mapped[str]
    is_open: Mapped[bool]
    version: Mapped[int] = mapped_column(BigInteger)


class Volunteer(VolunteersBase):
    """A person who serves; the id is that of their account. Its lock makes one clock of them."""

    __tablename__ = "volunteers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    real_name: Mapped[bytes]
    """Sealed for this person as `volunteers.real_name`."""
    id_number: Mapped[bytes | None]
    """Sealed for this person as `volunteers.id_number`."""
    id_number_index: Mapped[bytes | None]
    state: Mapped[VolunteerState] = mapped_column(Text)
    registered_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)

    __mapper_args__ = {"version_id_col": version}


class Activity(VolunteersBase):
    """A call for volunteers: where, when, for how many, perhaps for a case."""

    __tablename__ = "activities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    area_code: Mapped[str] = mapped_column(AreaCode, ForeignKey("areas.code"))
    kind: Mapped[str]
    title: Mapped[str]
    place: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    """How many have signed up and not withdrawn; the database refuses more than `places`."""
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    organiser_id: Mapped[UUID]
    state: Mapped[activities.StoredState] = mapped_column(Text)
    published_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    check_in_code: Mapped[bytes]
    """Six digits, sealed by the service's keys."""
    version: Mapped[int] = mapped_column(BigInteger)

    __mapper_args__ = {"version_id_col": version}


class SignUp(VolunteersBase):
    """A volunteer who wants to come to an activity, or wanted; one row for both together."""

    __tablename__ = "sign_ups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activities.id"))
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id"))
    state: Mapped[sign_ups.StoredState] = mapped_column(Text)
    signed_up_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    wrong_codes: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(BigInteger)
    activity: Mapped[Activity] = relationship()
    attendance: Mapped["Attendance | None"] = relationship(back_populates="sign_up")

    __mapper_args__ = {"version_id_col": version}


class SignUpStep(VolunteersBase):
    """One step of a sign-up's history; the database refuses to change or delete it."""

    __tablename__ = "sign_up_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sign_up_id: Mapped[UUID] = mapped_column(ForeignKey("sign_ups.id"))
    state: Mapped[sign_ups.StoredState] = mapped_column(Text)
    person_id: Mapped[UUID]
    at: Mapped[datetime]


class Attendance(VolunteersBase):
    """When a volunteer came to an activity and when they went; no place, no picture."""

    __tablename__ = "attendances"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sign_up_id: Mapped[UUID] = mapped_column(ForeignKey("sign_ups.id"))
    checked_in_at: Mapped[datetime]
    checked_out_at: Mapped[datetime | None]
    sign_up: Mapped[SignUp] = relationship(back_populates="attendance")


class HoursEntry(VolunteersBase):
    """One line of the ledger, chained to the line before it; never changed."""

    __tablename__ = "hours_entries"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID]
    volunteer_id: Mapped[UUID] = mapped_column(ForeignKey("volunteers.id"))
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activities.id"))
    attendance_id: Mapped[UUID | None] = mapped_column(ForeignKey("attendances.id"))
    activity_title: Mapped[str]
    area_code: Mapped[str] = mapped_column(AreaCode)
    case_id: Mapped[UUID | None]
    kind: Mapped[HoursKind] = mapped_column(Text)
    minutes: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    previous: Mapped[bytes]
    hash: Mapped[bytes]


class HoursHead(VolunteersBase):
    """The one row that says where the ledger ends; its lock lets one at a time write on."""

    __tablename__ = "hours_head"

    sole: Mapped[bool] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]
