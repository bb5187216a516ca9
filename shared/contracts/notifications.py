"""Owns what `notifications` says: messages that reached nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class MessageFailedV1:
    """A channel gave a message up for good; it still lies in the recipient's inbox."""

    delivery_id: UUID
    message_id: UUID
    channel: Literal["email"]
    reason: Literal["refused", "unreachable"]
    failed_at: datetime
