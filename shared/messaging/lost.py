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

    `gone`: the backup doesn't have it. `ahead`: it has an older version of it.
    """

    hearer: str
    held: HeldState
    how: Literal["gone", "ahead"]
    restored_version: int | None


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


def lost(producer: DeliveryRecord, others: Sequence[DeliveryRecord]) -> Lost:
    """Compare the record of a restored service, made before it opened, with those of all others.

    Raises:
        RecordMissing, RecordTooShort: when the records can't tell.
    """
    _require_all(producer, others)
    return Lost(
        producer.service,
        producer.since,
        producer.until,
        tuple(_lost_events(producer, others)),
        tuple(_outrun(producer, others)),
    )


def queues_fed_by(producer: str) -> frozenset[str]:
    """Return the queues into which a service's events go; one bound `#` hears all."""
    exchange = topology.exchange_of(producer)
    return frozenset(one.queue for one in topology.bindings() if one.exchange == exchange)


def _require_all(producer: DeliveryRecord, others: Iterable[DeliveryRecord]) -> None:
    there = {producer.service: producer} | {record.service: record for record in others}
    if missing := [service for service in topology.SERVICES if service not in there]:
        raise RecordMissing(missing=", ".join(missing))
    for record in there.values():
        if record.since > producer.since or record.until < producer.until:
            since, until = producer.since.isoformat(), producer.until.isoformat()
            raise RecordTooShort(service=record.service, since=since, until=until)


def _lost_events(producer: DeliveryRecord, others: Sequence[DeliveryRecord]) -> Iterable[LostEvent]:
    said = {event_id for record in (producer, *others) for event_id in record.said}
    queues = queues_fed_by(producer.service)
    known: dict[UUID, list[Heard]] = {}
    for record in others:
        for one in record.heard:
            at = made_at(one.event_id)
            if (
                one.queue in queues
                and one.event_id not in said
                and producer.since <= at < producer.until
            ):
                known.setdefault(one.event_id, []).append(one)
    for event_id in sorted(known):
        yield LostEvent(event_id, made_at(event_id), tuple(known[event_id]))


def _outrun(producer: DeliveryRecord, others: Iterable[DeliveryRecord]) -> Iterable[Outrun]:
    for record in others:
        for held in record.held:
            if held.producer != producer.service or held.subject not in producer.owned:
                continue
            owned = producer.owned[held.subject]
            if held.id not in owned:
                yield Outrun(record.service, held, "gone", None)
            elif (held.version or 0) > (owned[held.id] or 0):
                yield Outrun(record.service, held, "ahead", owned[held.id])
