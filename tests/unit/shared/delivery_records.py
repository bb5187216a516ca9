"""Owns records of delivery as tests compare them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.ids import first_id_of
from shared.messaging.record import DeliveryRecord, Heard
from shared.messaging.topology import SERVICES

SINCE = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=2)
ON_FILED = "inspections.on_case_filed"


def event(minutes: int) -> UUID:
    return first_id_of(SINCE + timedelta(minutes=minutes))


def heard(event_id: UUID, queue: str = ON_FILED, state: str = "claimed", **more: str) -> Heard:
    return Heard(queue, event_id, SINCE, state, **more)


def record(service: str, **values: object) -> DeliveryRecord:
    nothing = DeliveryRecord(service, SINCE, UNTIL, {}, (), {}, ())
    return replace(nothing, **values)  # type: ignore[arg-type]


def all_now(*given: DeliveryRecord) -> list[DeliveryRecord]:
    """Return these records, and empty ones of all other services."""
    there = {one.service for one in given}
    return [*given, *(record(service) for service in SERVICES if service not in there)]
