"""Owns the tables of personal data that every service has in its database; schema.py makes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, DateTime, FetchedValue, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class PrivacyBase(DeclarativeBase):
    """The registry of these tables, apart from each service's own."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, bytes: LargeBinary}


class PersonKey(PrivacyBase):
    """The key of all that this service holds on one person, sealed with the keyring."""

    __tablename__ = "person_keys"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]
    key_id: Mapped[str] = mapped_column(Computed("of wrapped, by schema.py", persisted=True))
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())


class Erasure(PrivacyBase):
    """A person whose data was erased; the row stays, so that a restored backup can't undo it."""

    __tablename__ = "erasure_log"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]
    by_id: Mapped[UUID]
    reason: Mapped[str]
