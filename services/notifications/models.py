"""Owns the tables of `notifications` as SQLAlchemy sees them; migrations/ makes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.notifications.domain.deliveries import DeliveryState, Failure
from services.notifications.domain.recipients import SpokenLanguage
from services.notifications.domain.rules import As, Told
from shared.auth.roles import Role


class Base(DeclarativeBase):
    """The registry of this service's tables. A `created_at` of the database's is not mapped."""

    type_annotation_map = {
        datetime: DateTime(timezone=True),
        str: Text,
        bytes: LargeBinary,
        list[UUID]: ARRAY(Uuid),
        dict[str, Any]: JSONB,
        As: Text,
        Told: Text,
        Role: Text,
        SpokenLanguage: Text,
        DeliveryState: Text,
        Failure: Text,
    }


class Area(Base):
    """This service's copy of one area of the register."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str]
    version: Mapped[int]


class Concern(Base):
    """A person's part in a case or a finding; never changed."""

    __tablename__ = "concerns"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    concerned_as: Mapped[As] = mapped_column(primary_key=True)


class Announcement(Base):
    """What an event says to people; its id is the event's. Never changed."""

    __tablename__ = "announcements"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    template: Mapped[str]
    told: Mapped[Told]
    area_code: Mapped[str]
    subject_ids: Mapped[list[UUID]]
    data: Mapped[dict[str, Any]]
    """The facts of the template, and the ids of what it is about; nothing personal."""
    occurred_at: Mapped[datetime]


class Message(Base):
    """An announcement to one person, or to whoever has a role in its area; never changed."""

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    announcement_id: Mapped[UUID] = mapped_column(ForeignKey("announcements.id"))
    person_id: Mapped[UUID | None]
    role: Mapped[Role | None]
    area_code: Mapped[str | None]
    excluded_ids: Mapped[list[UUID]]
    """Who doesn't see what the role is told."""
    created_at: Mapped[datetime]
    announcement: Mapped[Announcement] = relationship()


class MessageRead(Base):
    """A person has read a message; one to a role is read by each for themself."""

    __tablename__ = "message_reads"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    read_at: Mapped[datetime]


class Recipient(Base):
    """How a person may be reached outside of the system; addresses lie sealed for the person."""

    __tablename__ = "recipients"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[bytes | None]
    phone: Mapped[bytes | None]
    language: Mapped[SpokenLanguage]
    email_wanted: Mapped[bool]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)

    __mapper_args__ = {"version_id_col": version}


class Delivery(Base):
    """A message on its way through a channel. Times are real ones, not those of the rules."""

    __tablename__ = "deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"))
    channel: Mapped[str]
    state: Mapped[DeliveryState]
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    """Of a waiting one, when it is tried next; of one being sent, when its lease ends."""
    answer: Mapped[str | None]
    """What kind of answer the last attempt got, in our own words: servers repeat addresses."""
    failure: Mapped[Failure | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    message: Mapped[Message] = relationship()
