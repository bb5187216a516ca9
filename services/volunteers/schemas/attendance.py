"""Owns the shape of sign-ups and of attendance."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marshmallow import validate

from services.volunteers.domain.sign_ups import SignUpState
from services.volunteers.schemas.paging import PageRequest

_CODE = {"validate": validate.Regexp(r"^[0-9]{6}\Z")}


@dataclass(frozen=True, kw_only=True)
class WithCode:
    """The six digits that the organiser shows on the spot. No place, no picture."""

    code: str = field(metadata=_CODE)


@dataclass(frozen=True, kw_only=True)
class ListSignUps(PageRequest):
    """Sign-ups, the latest first."""


@dataclass(frozen=True, kw_only=True)
class SignUpView:
    """A sign-up, with when the volunteer came and went, as far as they did."""

    id: UUID
    activity_id: UUID
    volunteer_id: UUID
    state: SignUpState
    signed_up_at: datetime
    withdrawn_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    version: int


@dataclass(frozen=True, kw_only=True)
class SignUpPage:
    """Some sign-ups, the latest first."""

    items: list[SignUpView]
    next: str | None
