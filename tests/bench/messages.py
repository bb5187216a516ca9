"""Owns what is sent while speed is measured: one `case_filed.v1`, many times with other ids."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pika

from shared.clock import real_now
from shared.ids import new_id
from shared.messaging.envelope import CONTENT_TYPE, Sealed, seal
from tests.factories import case_filed


@dataclass(frozen=True)
class Messages:
    """`count` events that differ in event id and case id alone."""

    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Sealed]:
        case = case_filed()
        pattern = seal(case, new_id(), real_now())
        old = str(case.case_id).encode()
        for _ in range(self.count):
            event_id, subject = new_id(), str(new_id())
            headers = pattern.headers | {"ce-id": str(event_id), "ce-subject": subject}
            body = pattern.body.replace(old, subject.encode())
            yield Sealed(event_id, pattern.type, subject, headers, body)

    @staticmethod
    def outbox_row(event: Sealed) -> tuple[UUID, str, str, str, bytes]:
        """Return the columns that a producer writes."""
        return event.id, event.type, event.subject, json.dumps(event.headers), event.body

    @staticmethod
    def properties(event: Sealed) -> pika.BasicProperties:
        """Return the properties that the relay sends."""
        return pika.BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=2,
            message_id=str(event.id),
            type=event.type,
            headers=event.headers,
        )
