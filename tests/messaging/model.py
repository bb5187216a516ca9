"""Owns the parts between which the model of delivery lets chance play: a broker in memory, relays
without an event loop, hearers. Outbox, inbox, what a relay knows of its bindings and what a hearer
keeps are our own code, on PostgreSQL. Each planted fault is one of these parts with a mistake.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.volunteers.usecases.cases import learn_case
from shared.database import Transactions
from shared.messaging.envelope import Event, unseal
from shared.messaging.outbox_reader import OutboxReader, UnsentRow
from shared.messaging.outlets import Outlets, Standing
from shared.messaging.relay import LOOK_BACK_ROWS, UNMARK_ROWS, is_heard
from shared.messaging.topology import Binding, bindings_of_event, event_named

SAID = tuple(event_named(name) for name in ("case_closed.v1", "case_reopened.v1"))
WINDOW = 4


@dataclass(frozen=True)
class Message:
    """A copy of an event in a queue."""

    queue: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Broker:
    """Queues from which chance takes any message, and bindings that can be lost."""

    bindings: dict[Binding, frozenset[str]] = field(default_factory=dict)
    queues: list[Message] = field(default_factory=list)
    while_asked: Callable[[], object] = lambda: None
    """What goes on before and after the moment that an answer describes."""
    _made: int = 0

    def __post_init__(self) -> None:
        wanted = {b for event in SAID for b in bindings_of_event(event)}
        for binding in sorted(wanted, key=str):
            self.bind(binding)

    def bind(self, binding: Binding) -> None:
        """Make a binding, with a mark of its own."""
        self._made += 1
        self.bindings[binding] = frozenset({f"made {self._made}"})

    def bindings_from(self, _exchange: str) -> dict[Binding, frozenset[str]]:
        """Answer what a relay asks."""
        self.while_asked()
        answer = dict(self.bindings)
        self.while_asked()
        return answer

    def route(self, row: UnsentRow) -> bool:
        """Put a message into every queue that is bound; tell whether there was one."""
        bound = [one.queue for one in self.bindings if one.key in ("#", row.event_type)]
        self.queues += [Message(queue, row.headers, row.body) for queue in sorted(bound)]
        return bool(bound)


class Relay:
    """One relay process: what relay.py does at each turn of its loop."""

    def __init__(self, database_url: str, broker: Broker) -> None:
        self.broker = broker
        self.reader = OutboxReader(database_url)
        self.outlets = Outlets("grid", broker, SAID)
        self.active = False
        self._connect()

    def _connect(self) -> None:
        self.travelling: deque[tuple[UnsentRow, int]] = deque()
        """Published, and not at the broker yet."""
        self.answers: deque[tuple[UnsentRow, int, bool]] = deque()
        """Confirmed by the broker, and not at the relay yet; with whether a queue had it."""
        self.confirmed: list[int] = []

    def become_active(self) -> None:
        """Begin to publish, unless another does."""
        if not self.active and self.reader.become_active():
            self.active = True
            self._begin()

    def lose_connection(self) -> None:
        """Lose what travels in both directions, and what was confirmed and not marked."""
        self._connect()
        self._begin()

    def _begin(self) -> None:
        self.outlets.begin(self.reader.newest() - LOOK_BACK_ROWS)
        self.outlets.look()

    def publish(self) -> None:
        """Say again what must be, read as many rows as the window lets through, publish them."""
        standing = self.outlets.standing()
        assert standing is not None
        for event, first in standing.back.items():
            self.say_again(event, first)
        for row in self.read(standing):
            self.travelling.append((row, standing.epochs[row.event_type]))

    def read(self, standing: Standing) -> list[UnsentRow]:
        """Return the rows that are to be published now."""
        return self.reader.unsent(self._under_way(), self._free(), standing.held)

    def _under_way(self) -> list[int]:
        known = [entry[0].position for entry in (*self.travelling, *self.answers)]
        return [*known, *self.confirmed]

    def _free(self) -> int:
        return max(0, WINDOW - len(self.travelling) - len(self.answers))

    def say_again(self, event: str, first: int | None) -> None:
        """Make unsent what a hearer may have missed."""
        self.mark()
        last = None if first is None else self.reader.unmark(event, first, UNMARK_ROWS)[0]
        if last is None:
            self.outlets.mended(event)
        else:
            self.outlets.walked(event, last + 1)

    def arrive(self) -> None:
        """Let the oldest message that travels reach the broker."""
        if self.travelling:
            row, epoch = self.travelling.popleft()
            self.answers.append((row, epoch, self.broker.route(row)))

    def hear(self) -> None:
        """Let the oldest confirm reach the relay."""
        if self.answers:
            row, epoch, routed = self.answers.popleft()
            if (routed or not is_heard(row.event_type)) and self.counts(row, epoch):
                self.confirmed.append(row.position)

    def counts(self, row: UnsentRow, epoch: int) -> bool:
        """Tell whether a row that the broker confirmed is sent."""
        return self.outlets.sent(row.event_type, row.position, epoch)

    def mark(self) -> None:
        """Mark what is confirmed."""
        if self.confirmed:
            self.reader.mark_sent(self.confirmed)
            self.confirmed.clear()

    def end(self) -> None:
        """Die: whatever was in memory is gone."""
        self.reader.close()


class Fate(Enum):
    """What becomes of a hearer with a message in its hands."""

    ACKS = "acks"
    DIES_BEFORE_COMMIT = "dies before the commit"
    DIES_BEFORE_ACK = "dies after the commit, before the ack"


class Died(Exception):
    """A hearer's process ended in the middle of a transaction."""


class Hearer:
    """Whoever hears: an effect for each event, and what `volunteers` keeps of cases."""

    def __init__(self, db: Transactions) -> None:
        self.db = db

    def handle(self, message: Message, fate: Fate) -> bool:
        """Do what the message asks; tell whether the broker gets an ack."""
        event = unseal(message.queue, message.headers, message.body)
        try:
            self.once(event, partial(self.effect, event, fate))
        except Died:
            return self.acks_unfinished()
        return fate is Fate.ACKS

    def once(self, event: Event, usecase: Callable[[Session, Any, Any], object]) -> None:
        """Claim and have the effect in one transaction."""
        self.db.once(event, usecase)

    def effect(self, event: Event, fate: Fate, session: Session, data: Any, now: Any) -> None:
        """Leave a trace, and keep the case's highest version."""
        session.execute(
            text("INSERT INTO effects (queue, event_id) VALUES (:queue, :id)"),
            {"queue": event.queue, "id": event.id},
        )
        if event.queue.startswith("volunteers."):
            self.learn(session, data, now)
        if fate is Fate.DIES_BEFORE_COMMIT:
            raise Died

    def learn(self, session: Session, data: Any, now: Any) -> None:
        """Keep what the event says of its case."""
        learn_case(session, data, now)

    def acks_unfinished(self) -> bool:
        """Tell whether the broker gets an ack for what was not finished."""
        return False


class MarksBeforeConfirm(Relay):
    """Marks what it has published."""

    def read(self, standing: Standing) -> list[UnsentRow]:
        rows = super().read(standing)
        self.reader.mark_sent([row.position for row in rows])
        return rows


class ReadsPastTheLastSeen(Relay):
    """Takes the order of numbers for the order of commits."""

    _last = 0

    def _connect(self) -> None:
        super()._connect()
        self._last = 0

    def read(self, standing: Standing) -> list[UnsentRow]:
        rows = [row for row in super().read(standing) if row.position > self._last]
        self._last = max((row.position for row in rows), default=self._last)
        return rows


class TrustsEveryConfirm(Relay):
    """Never looks at its bindings, as relays did once."""

    def _begin(self) -> None:
        self.outlets.begin(self.reader.newest())
        self.outlets.broker = Broker()
        self.outlets.look()


class ForgetsWhatTravels(Relay):
    """Takes for sent what was on its way when a binding was found missing."""

    def counts(self, row: UnsentRow, _epoch: int) -> bool:
        standing = self.outlets.standing()
        assert standing is not None
        return super().counts(row, standing.epochs[row.event_type])


class UnmarksTooLittle(Relay):
    """Lets an event go again without saying again what was sent while a hearer missed it."""

    def say_again(self, event: str, _first: int | None) -> None:
        super().say_again(event, None)


class AcksBeforeCommit(Hearer):
    """Has acked already when it dies."""

    def acks_unfinished(self) -> bool:
        return True


class ClaimsApart(Hearer):
    """Claims in a transaction of its own, before the effect."""

    def once(self, event: Event, usecase: Callable[[Session, Any, Any], object]) -> None:
        claimed: list[bool] = []
        self.db.once(event, lambda *_: claimed.append(True))
        if claimed:
            self.db.change(usecase, event.data, None)


class ClaimsNothing(Hearer):
    """Takes each delivery for the first."""

    def once(self, event: Event, usecase: Callable[[Session, Any, Any], object]) -> None:
        self.db.change(usecase, event.data, None)


class AppliesWhatCameLast(Hearer):
    """Takes the order of deliveries for the order of events."""

    def learn(self, session: Session, data: Any, now: Any) -> None:
        session.execute(text("DELETE FROM cases WHERE id = :id"), {"id": data.case_id})
        super().learn(session, data, now)
