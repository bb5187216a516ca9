"""Owns what operators see and do about deliveries: which there are, and another try."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notifications.domain.deliveries import DeliveryUnknown, moved
from services.notifications.models import Delivery
from services.notifications.schemas import DeliveryPage, DeliveryView, ListDeliveries
from shared.audit import trail
from shared.clock import real_now
from shared.http.listing import Listing, newest

_BY_ID = Listing("deliveries", {"-id": (newest(Delivery.id),)})


def list_deliveries(session: Session, wanted: ListDeliveries) -> DeliveryPage:
    """Return deliveries, the newest first, without a word on to whom or what.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    rows = select(Delivery)
    if wanted.state is not None:
        rows = rows.where(Delivery.state == wanted.state)
    page = _BY_ID.page(session, rows, wanted)
    return DeliveryPage(items=[_view(row) for row in page.items], next=page.next)


def retry_delivery(session: Session, delivery_id: UUID, by: UUID, now: datetime) -> DeliveryView:
    """Let a delivery that was given up begin anew, with all its tries.

    Raises:
        DeliveryUnknown, DeliveryMoveNotAllowed
    """
    row = session.get(Delivery, delivery_id, with_for_update=True)
    if row is None:
        raise DeliveryUnknown
    row.state = moved(row.state, "waiting")
    row.attempts, row.due_at = 0, real_now()
    row.failure = row.settled_at = None
    trail.record(
        session,
        who=str(by),
        action="retry_delivery",
        subject=f"delivery:{row.id}",
        facts={"channel": row.channel},
        now=now,
    )
    return _view(row)


def _view(row: Delivery) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        message_id=row.message_id,
        channel=row.channel,
        state=row.state,
        attempts=row.attempts,
        due_at=row.due_at if row.state in ("waiting", "sending") else None,
        answer=row.answer,
        failure=row.failure,
        created_at=row.created_at,
        settled_at=row.settled_at,
    )
