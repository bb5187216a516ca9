"""Owns the finding of what hearers missed: events that were sent and never came out of a queue.

The broker keeps what it confirmed, unless somebody purges or deletes a queue or its disk is gone.
No process can notice that: the producer has its confirm, the hearer has never heard of it. Their
records of delivery, side by side, show it; `linli outbox resend` mends it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from shared.ids import made_at
from shared.messaging import topology
from shared.messaging.lost import require_every_service
from shared.messaging.record import DeliveryRecord


@dataclass(frozen=True, order=True)
class Unheard:
    """Events of one type that one queue never brought, in the order of their ids."""

    producer: str
    event_type: str
    queue: str
    event_ids: tuple[UUID, ...]

    @property
    def since(self) -> datetime:
        """Return when the first of them was made."""
        return made_at(self.event_ids[0])


def unheard(records: Sequence[DeliveryRecord]) -> list[Unheard]:
    """Compare the records of all services over the time that each of them covers.

    What still waits in an outbox isn't missed, nor what failed and waits or was discarded: that
    was heard. What is under way is: records are made until some minutes ago.

    Raises:
        RecordMissing: when a service's record isn't there.
    """
    require_every_service(records)
    since = max(record.since for record in records)
    until = min(record.until for record in records)
    heard = {(one.queue, one.event_id) for record in records for one in record.heard}
    missed: dict[tuple[str, str, str], list[UUID]] = {}
    for record in records:
        for event_id, event_type in _sent(record, since, until):
            for queue in queues_of(record.service, event_type):
                if (queue, event_id) not in heard:
                    place = (record.service, event_type, queue)
                    missed.setdefault(place, []).append(event_id)
    return [Unheard(*place, tuple(sorted(ids))) for place, ids in sorted(missed.items())]


@cache  # asked of every event, and the topology is data that doesn't change
def queues_of(producer: str, event_type: str) -> tuple[str, ...]:
    """Return the queues into which an event goes; one bound `#` takes every event."""
    exchange = topology.exchange_of(producer)
    keys = (event_type, "#")
    bound = (b for b in topology.bindings() if b.exchange == exchange and b.key in keys)
    return tuple(sorted(b.queue for b in bound))


def _sent(record: DeliveryRecord, since: datetime, until: datetime) -> Iterator[tuple[UUID, str]]:
    for event_id, said in record.said.items():
        if said.sent and since <= made_at(event_id) < until:
            yield event_id, said.type
