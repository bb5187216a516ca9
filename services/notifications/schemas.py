"""Owns what callers of `notifications` may send and see: shapes only, rules are in domain/."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from marshmallow import validate

from services.notifications.domain.deliveries import DeliveryState
from services.notifications.domain.recipients import SpokenLanguage

_EMAIL = {"validate": validate.Length(min=1, max=320)}
_PHONE = {"validate": validate.Length(min=1, max=40)}
_REASON = {"validate": validate.Length(min=1, max=500)}
_MARK = {"validate": validate.Length(max=500)}
_LIMIT = {"validate": validate.Range(min=1, max=200)}
# marshmallow reads "no", 0 and the like as well
_BOOLEAN = {"truthy": {True}, "falsy": {False}}
# a query has texts only
_FLAG = {"truthy": {"true"}, "falsy": {"false"}}


@dataclass(frozen=True, kw_only=True)
class ListMessages:
    """One's messages, the newest first; only those not read yet, or all."""

    unread: bool = field(default=False, metadata=_FLAG)
    limit: int = field(default=50, metadata=_LIMIT)
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """A message in the caller's language; to oneself, or to a role that one has in its area."""

    id: UUID
    template: str
    subject: str
    body: str
    area_code: str
    area_name: str
    to_role: str | None
    case_id: UUID | None
    finding_id: UUID | None
    activity_id: UUID | None
    occurred_at: datetime
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class MessagePage:
    """Some messages, the newest first."""

    items: list[MessageView]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class MessageSummary:
    """How many messages wait to be read; counted up to a thousand, `more` says that there are."""

    unread: int
    more: bool


@dataclass(frozen=True, kw_only=True)
class Channels:
    """By which channels a person wants to hear, besides the messages in the system."""

    email: bool = field(metadata=_BOOLEAN)


@dataclass(frozen=True, kw_only=True)
class PutRecipient:
    """How a person may be reached; what is left out is not known any more."""

    email: str | None = field(default=None, metadata=_EMAIL)
    phone: str | None = field(default=None, metadata=_PHONE)
    language: SpokenLanguage = "zh-CN"
    channels: Channels = field(default_factory=lambda: Channels(email=True))


@dataclass(frozen=True, kw_only=True)
class WithReason:
    """Why somebody looks at, or erases, what is held on a person."""

    reason: str = field(metadata=_REASON)


@dataclass(frozen=True, kw_only=True)
class ChannelsView:
    """By which channels a person hears, besides the messages in the system."""

    email: bool


@dataclass(frozen=True, kw_only=True)
class RecipientView:
    """How a person may be reached; addresses are masked, and null once the person was erased."""

    person_id: UUID
    email: str | None
    phone: str | None
    language: SpokenLanguage
    channels: ChannelsView
    updated_at: datetime
    version: int


@dataclass(frozen=True, kw_only=True)
class AddressesView:
    """A person's addresses, whole."""

    person_id: UUID
    email: str | None
    phone: str | None


@dataclass(frozen=True, kw_only=True)
class ListDeliveries:
    """Deliveries of one state or all, the newest first."""

    state: DeliveryState | None = None
    limit: int = field(default=50, metadata=_LIMIT)
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True, kw_only=True)
class DeliveryView:
    """A message on its way; it says neither to whom nor what. `due_at` is its next try."""

    id: UUID
    message_id: UUID
    channel: str
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    answer: str | None
    failure: str | None
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DeliveryPage:
    """Some deliveries, the newest first."""

    items: list[DeliveryView]
    next: str | None
