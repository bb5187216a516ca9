"""Owns the tables of the audit that every service has in its database; schema.py makes them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class AuditBase(DeclarativeBase):
    """The registry of these tables, apart from each service's own."""

    type_annotation_map = {
        datetime: DateTime(timezone=True),
        str: Text,
        int: BigInteger,
        bytes: LargeBinary,
        dict[str, Any]: JSONB,
    }


class AuditRow(AuditBase):
    """One thing that somebody did, chained to the row before it."""

    __tablename__ = "audit_log"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    who: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[dict[str, Any]]
    previous: Mapped[bytes]
    hash: Mapped[bytes]


class AuditHead(AuditBase):
    """The one row that says where the chain ends; its lock lets one at a time write on."""

    __tablename__ = "audit_head"

    sole: Mapped[bool] = mapped_column(primary_key=True)
    position: Mapped[int]
    hash: Mapped[bytes]
