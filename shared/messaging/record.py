"""Owns the record of delivery: which events a service said and which it heard in a period.

Every service writes its own with its own login; who compares them needs no database.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.errors import Rejected
from shared.ids import first_id_of
from shared.messaging.aggregates import declared_by, versions_in

FORMAT = 1
CLAIMED = "claimed"
"""The state of an event that had its effect; others are those of failed_events."""


class RecordBroken(Rejected):
    """A file isn't a record of delivery that `linli outbox record` wrote."""

    zh = "{file} 不是收发记录（{why}）"
    en = "{file} is no record of delivery: {why}"


@dataclass(frozen=True)
class Said:
    """An event that stands in the outbox, and whether the broker has taken it over."""

    type: str
    subject: str
    sent: bool = True


@dataclass(frozen=True)
class Heard:
    """An event that a queue brought: claimed in the inbox, or failed and not settled.

    Type and subject are known of those that failed alone: a claim holds no more than the id.
    """

    queue: str
    event_id: UUID
    at: datetime
    state: str
    type: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class HeldState:
    """What a service keeps of another's aggregate."""

    producer: str
    subject: str
    id: str
    version: int | None


@dataclass(frozen=True)
class DeliveryRecord:
    """What one service said and heard of the events made from `since` to before `until`."""

    service: str
    since: datetime
    until: datetime
    said: Mapping[UUID, Said]
    heard: tuple[Heard, ...]
    owned: Mapping[str, Mapping[str, int | None]]
    held: tuple[HeldState, ...]


_SAID = text("""
    SELECT event_id, event_type, subject, sent_at IS NOT NULL FROM outbox
    WHERE event_id >= :first AND event_id < :end
""")
_CLAIMED = text("""
    SELECT consumer, event_id, claimed_at FROM inbox WHERE event_id >= :first AND event_id < :end
""")
_FAILED = text("""
    SELECT queue, event_id, created_at, state, event_type, headers->>'ce-subject'
    FROM failed_events
    WHERE event_id >= :first AND event_id < :end AND state IN ('waiting', 'parked')
""")


def record_of(session: Session, service: str, since: datetime, until: datetime) -> DeliveryRecord:
    """Return a service's record of the events made from one time to before another."""
    period = {"first": first_id_of(since), "end": first_id_of(until)}
    said = {key: Said(*row) for key, *row in session.execute(_SAID, period)}
    heard = [Heard(row[0], row[1], row[2], CLAIMED) for row in session.execute(_CLAIMED, period)]
    heard += [Heard(*row) for row in session.execute(_FAILED, period)]
    owned: dict[str, dict[str, int | None]] = {}
    connection, declared = session.connection(), declared_by(service)
    for one in declared.owned:
        found = versions_in(connection, one.table, one.id_column, one.version_column)
        owned.setdefault(one.subject, {}).update(found)
    held = [
        HeldState(one.producer, one.subject, held_id, version)
        for one in declared.held
        for held_id, version in versions_in(
            connection, one.table, one.id_column, one.version_column
        ).items()
    ]
    return DeliveryRecord(service, since, until, said, tuple(heard), owned, tuple(held))


def written(record: DeliveryRecord) -> str:
    """Return a record as it lies in a file."""
    plain = {
        "linli": "delivery record",
        "format": FORMAT,
        "service": record.service,
        "since": record.since.isoformat(),
        "until": record.until.isoformat(),
        "said": [[str(key), one.type, one.subject, one.sent] for key, one in record.said.items()],
        "heard": [
            [one.queue, str(one.event_id), one.at.isoformat(), one.state, one.type, one.subject]
            for one in record.heard
        ],
        "owned": record.owned,
        "held": [[one.producer, one.subject, one.id, one.version] for one in record.held],
    }
    return json.dumps(plain, ensure_ascii=False) + "\n"


def read(name: str, content: str) -> DeliveryRecord:
    """Return the record that a file holds.

    Raises:
        RecordBroken: when it holds none; it names the file.
    """
    try:
        plain = json.loads(content)
        if plain["linli"] != "delivery record" or plain["format"] != FORMAT:
            raise ValueError("another format")
        return _record(plain)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise RecordBroken(file=name, why=type(error).__name__) from error


def _record(plain: dict[str, Any]) -> DeliveryRecord:
    return DeliveryRecord(
        service=plain["service"],
        since=datetime.fromisoformat(plain["since"]),
        until=datetime.fromisoformat(plain["until"]),
        said={UUID(key): Said(*said) for key, *said in plain["said"]},
        heard=tuple(
            Heard(queue, UUID(event_id), datetime.fromisoformat(at), *more)
            for queue, event_id, at, *more in plain["heard"]
        ),
        owned=plain["owned"],
        held=tuple(HeldState(*one) for one in plain["held"]),
    )
