"""Owns the tables of delivery that every service has in its own database; schema.py makes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, FetchedValue, Identity, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class DeliveryBase(DeclarativeBase):
    """The registry of these tables, apart from each service's own."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, dict[str, Any]: JSONB}


class OutboxRow(DeliveryBase):
    """An event that was committed with its cause and waits for the broker to take it over."""

    __tablename__ = "outbox"

    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    event_type: Mapped[str]
    subject: Mapped[str]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())
    sent_at: Mapped[datetime | None]


class InboxRow(DeliveryBase):
    """The claim of one consumer on one event: who finds it taken has nothing left to do."""

    __tablename__ = "inbox"

    consumer: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())


class FailedEvent(DeliveryBase):
    """An event whose handler failed: waiting for its next try, parked for a person, or settled."""

    __tablename__ = "failed_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    queue: Mapped[str]
    event_id: Mapped[UUID | None]
    event_type: Mapped[str]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    attempts: Mapped[int]
    error: Mapped[str]
    next_attempt_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())
    settled_at: Mapped[datetime | None]


class FailedEventStep(DeliveryBase):
    """What a person did with a parked event: who, why and when. It goes when the event goes."""

    __tablename__ = "failed_event_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    failed_event_id: Mapped[UUID]
    action: Mapped[str]
    person: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
