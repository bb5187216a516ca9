"""Owns the finding of what a restore lost: events that hearers know and no outbox holds.

A producer that was restored has no trace of what it said after its backup. Its hearers have:
their claims, and what they keep of its aggregates. Comparing the records of all services names
both, so that nothing is lost unseen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.errors import Rejected
from shared.ids import made_at
from shared.messaging import topology
from shared.messaging.leap import distance
from shared.messaging.record import DeliveryRecord, Heard, HeldState


class RecordMissing(Rejected):
    """Without the record of a service nobody knows whether it said or heard an event."""

    zh = "缺少以下服务的收发记录：{missing}"
    en = "no record of delivery of: {missing}"


class RecordTooShort(Rejected):
    """A hearer's record begins after or ends before the producer's."""

    zh = "服务 {service} 的收发记录未覆盖 {since} 至 {until}"
    en = "the record of {service} doesn't cover {since} to {until}"


@dataclass(frozen=True)
class LostEvent:
    """An event that was heard and that no outbox holds; type and subject where a hearer kept it."""

    id: UUID
    made_at: datetime
    heard: tuple[Heard, ...]

    @property
    def type(self) -> str | None:
        return next((one.type for one in self.heard if one.type), None)

    @property
    def subject(self) -> str | None:
        return next((one.subject for one in self.heard if one.subject), None)


@dataclass(frozen=True)
class Outrun:
    """An aggregate of which a hearer knows more than its restored producer.

    `gone`: the producer doesn't have it. `ahead`: it has it in a lower version, `version`.
    """

    hearer: str
    held: HeldState
    how: Literal["gone", "ahead"]
    version: int | None


@dataclass(frozen=True)
class Lost:
    """All that a restore of one service lost, as far as others know of it."""

    service: str
    since: datetime
    until: datetime
    events: tuple[LostEvent, ...]
    outrun: tuple[Outrun, ...]

    @property
    def none(self) -> bool:
        return not self.events and not self.outrun


def lost(restored: DeliveryRecord, now: Sequence[DeliveryRecord], restores: int = 1) -> Lost:
    """Compare a service's record, made restored and before its versions leapt, with all now.

    `restores` counts the restores of the service with this one, as the leap was told.

    Raises:
        RecordMissing, RecordTooShort: when the records can't tell.
    """
    _require_all(restored, now)
    return Lost(
        restored.service,
        restored.since,
        restored.until,
        tuple(_lost_events(restored, now)),
        tuple(_outrun(restored, now, distance(restores))),
    )


def queues_fed_by(producer: str) -> frozenset[str]:
    """Return the queues into which a service's events go; one bound `#` hears all."""
    exchange = topology.exchange_of(producer)
    return frozenset(one.queue for one in topology.bindings() if one.exchange == exchange)


def require_every_service(records: Sequence[DeliveryRecord]) -> None:
    """Refuse to compare without the record of a service.

    Raises:
        RecordMissing
    """
    there = {record.service for record in records}
    if missing := [service for service in topology.SERVICES if service not in there]:
        raise RecordMissing(missing=", ".join(missing))


def _require_all(restored: DeliveryRecord, now: Sequence[DeliveryRecord]) -> None:
    require_every_service(now)
    for record in now:
        if record.since > restored.since or record.until < restored.until:
            since, until = restored.since.isoformat(), restored.until.isoformat()
            raise RecordTooShort(service=record.service, since=since, until=until)


def _lost_events(restored: DeliveryRecord, now: Sequence[DeliveryRecord]) -> Iterable[LostEvent]:
    said = {event_id for record in now for event_id in record.said}
    queues = queues_fed_by(restored.service)
    known: dict[UUID, list[Heard]] = {}
    for one in (one for record in now for one in record.heard):
        in_time = restored.since <= made_at(one.event_id) < restored.until
        if in_time and one.queue in queues and one.event_id not in said:
            known.setdefault(one.event_id, []).append(one)
    for event_id in sorted(known):
        yield LostEvent(event_id, made_at(event_id), tuple(known[event_id]))


def _outrun(
    restored: DeliveryRecord, now: Sequence[DeliveryRecord], leapt: int
) -> Iterable[Outrun]:
    (own,) = (record for record in now if record.service == restored.service)
    for record in now:
        for held in record.held:
            if held.producer != restored.service or held.subject not in own.owned:
                continue
            before, after = restored.owned.get(held.subject, {}), own.owned[held.subject]
            known, there = held.version or 0, after.get(held.id) or 0
            if held.id not in after:
                yield Outrun(record.service, held, "gone", None)
            elif held.id not in before and known > there:
                yield Outrun(record.service, held, "ahead", there)
            # versions above the leap are of changes since: hearers then hold the newest
            elif (since := before.get(held.id)) is not None and since < known <= since + leapt:
                yield Outrun(record.service, held, "ahead", since)
