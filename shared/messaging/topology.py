"""Owns who says what and who hears it: every event, exchange and queue of the system, as data.

The provisioner declares this and nothing else; services declare nothing. Queue arguments can't
change in place: a change is a new queue name and a migration step.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.contracts import gateway, grid, inspections, notifications, volunteers

VHOST = "linli"
PARKING_EXCHANGE = "parking"
SERVICES = ("gateway", "grid", "inspections", "notifications", "volunteers")
HEARS_EVERYTHING = ("notifications",)
"""Who treats all events alike: one queue, bound to every exchange but its own."""
_OTHERS = ("grid", "inspections", "volunteers")
"""Who checks tokens by what the gateway says, besides those who hear everything."""
_KNOWS_AREAS = ("inspections", "volunteers")
MONITOR = "monitor"
"""The login that sees the broker's management API and touches nothing: workers look through it."""


@dataclass(frozen=True)
class EventType:
    """One version of one event: its producer, its name, its contract and its hearers."""

    producer: str
    name: str
    contract: type
    subject: str
    """The attribute of the contract that holds the aggregate's id."""
    heard_by: tuple[str, ...]
    """Services with a handler of its own for it; empty is allowed, and explicit."""

    @property
    def noun_and_verb(self) -> str:
        """`case_closed` of `case_closed.v1`."""
        return self.name.rpartition(".")[0]

    @property
    def hearers(self) -> tuple[str, ...]:
        """Everyone who hears it: those of `heard_by`, and those who hear everything."""
        everything = (one for one in HEARS_EVERYTHING if one != self.producer)
        return (*self.heard_by, *everything)

    def queue_of(self, consumer: str) -> str:
        """Return the queue on which a consumer hears every version of this event."""
        if consumer in HEARS_EVERYTHING:
            return f"{consumer}.on_event"
        return f"{consumer}.on_{self.noun_and_verb}"


EVENTS = (
    EventType("gateway", "account_changed.v1", gateway.AccountChangedV1, "account_id", _OTHERS),
    EventType(
        "gateway", "signing_keys_changed.v1", gateway.SigningKeysChangedV1, "key_set_id", _OTHERS
    ),
    EventType("grid", "areas_imported.v1", grid.AreasImportedV1, "import_id", _KNOWS_AREAS),
    EventType("grid", "area_changed.v1", grid.AreaChangedV1, "area_code", _KNOWS_AREAS),
    EventType("grid", "post_changed.v1", grid.PostChangedV1, "post_id", ()),
    EventType("grid", "population_recorded.v1", grid.PopulationRecordedV1, "figure_id", ()),
    EventType("grid", "compound_changed.v1", grid.CompoundChangedV1, "compound_id", ()),
    EventType("grid", "zone_changed.v1", grid.ZoneChangedV1, "group_id", ()),
    EventType("grid", "group_changed.v1", grid.GroupChangedV1, "group_id", ()),
    EventType("grid", "matrix_activated.v1", grid.MatrixActivatedV1, "matrix_id", ()),
    EventType("grid", "case_reported.v1", grid.CaseReportedV1, "case_id", ()),
    EventType("grid", "case_refused.v1", grid.CaseRefusedV1, "case_id", ()),
    EventType("grid", "case_filed.v1", grid.CaseFiledV1, "case_id", ("inspections",)),
    EventType("grid", "case_dispatched.v1", grid.CaseDispatchedV1, "case_id", ("volunteers",)),
    EventType("grid", "case_resolved.v1", grid.CaseResolvedV1, "case_id", ()),
    EventType("grid", "case_returned.v1", grid.CaseReturnedV1, "case_id", ()),
    EventType(
        "grid", "case_closed.v1", grid.CaseClosedV1, "case_id", ("inspections", "volunteers")
    ),
    EventType("grid", "case_reopened.v1", grid.CaseReopenedV1, "case_id", ("volunteers",)),
    EventType(
        "inspections",
        "inspection_recorded.v1",
        inspections.InspectionRecordedV1,
        "inspection_id",
        (),
    ),
    EventType(
        "inspections", "finding_raised.v1", inspections.FindingRaisedV1, "finding_id", ("grid",)
    ),
    EventType("inspections", "finding_closed.v1", inspections.FindingClosedV1, "finding_id", ()),
    EventType(
        "inspections",
        "reinspection_opened.v1",
        inspections.ReinspectionOpenedV1,
        "reinspection_id",
        (),
    ),
    EventType(
        "inspections",
        "reinspection_passed.v1",
        inspections.ReinspectionPassedV1,
        "reinspection_id",
        (),
    ),
    EventType(
        "inspections",
        "reinspection_failed.v1",
        inspections.ReinspectionFailedV1,
        "reinspection_id",
        ("grid",),
    ),
    EventType(
        "volunteers",
        "volunteer_registered.v1",
        volunteers.VolunteerRegisteredV1,
        "volunteer_id",
        (),
    ),
    EventType(
        "volunteers", "activity_published.v1", volunteers.ActivityPublishedV1, "activity_id", ()
    ),
    EventType(
        "volunteers", "activity_cancelled.v1", volunteers.ActivityCancelledV1, "activity_id", ()
    ),
    EventType("volunteers", "hours_recorded.v1", volunteers.HoursRecordedV1, "entry_id", ()),
    EventType(
        "notifications", "message_failed.v1", notifications.MessageFailedV1, "delivery_id", ()
    ),
)


class UnknownEvent(Exception):
    """No event of that name or class stands in the topology."""


@cache
def _by_name() -> dict[str, EventType]:
    return {event.name: event for event in EVENTS}


@cache
def _by_contract() -> dict[type, EventType]:
    return {event.contract: event for event in EVENTS}


def event_named(name: str) -> EventType:
    """Return the event of that name, e.g. `case_closed.v1`.

    Raises:
        UnknownEvent: when there is none, as with an event of a future version.
    """
    try:
        return _by_name()[name]
    except KeyError:
        raise UnknownEvent(name) from None


def events_of(service: str) -> tuple[EventType, ...]:
    """Return what a service says."""
    return tuple(event for event in EVENTS if event.producer == service)


def event_of(contract: type) -> EventType:
    """Return the event that a contract class describes.

    Raises:
        UnknownEvent: when the class stands in no entry.
    """
    try:
        return _by_contract()[contract]
    except KeyError:
        raise UnknownEvent(contract.__name__) from None


def exchange_of(service: str) -> str:
    """Return the exchange on which a service speaks; nameko's own convention."""
    return f"{service}.events"


def parked_queue_of(service: str) -> str:
    """Return the queue where the broker puts what it could not deliver to a service."""
    return f"parked.{service}"


@dataclass(frozen=True)
class Queue:
    """A queue with its arguments."""

    name: str
    arguments: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Binding:
    """A route from an exchange into a queue."""

    exchange: str
    queue: str
    key: str


def exchanges() -> dict[str, str]:
    """Return every exchange with its type.

    None has an alternate exchange: a stock nameko subscriber, which declares the exchange
    without one, would be refused with 406.
    """
    return {exchange_of(service): "topic" for service in SERVICES} | {PARKING_EXCHANGE: "direct"}


def queues() -> tuple[Queue, ...]:
    """Return every queue. None has a maximum length: one full queue would stop all consumers."""
    heard = {event.queue_of(consumer): consumer for event in EVENTS for consumer in event.hearers}
    return tuple(
        Queue(
            name,
            (
                ("x-queue-type", "quorum"),
                ("x-delivery-limit", 20),
                ("x-dead-letter-exchange", PARKING_EXCHANGE),
                ("x-dead-letter-routing-key", consumer),
                ("x-dead-letter-strategy", "at-least-once"),
                ("x-overflow", "reject-publish"),
            ),
        )
        for name, consumer in sorted(heard.items())
    ) + tuple(
        # never -1: it drops on 3.10
        Queue(
            parked_queue_of(service), (("x-queue-type", "quorum"), ("x-delivery-limit", 1_000_000))
        )
        for service in SERVICES
    )


def bindings_of_event(event: EventType) -> frozenset[Binding]:
    """Return the bindings by which the hearers of an event get it, one for each."""
    return frozenset(
        Binding(
            exchange_of(event.producer),
            event.queue_of(consumer),
            "#" if consumer in HEARS_EVERYTHING else event.name,
        )
        for consumer in event.hearers
    )


def bindings() -> frozenset[Binding]:
    """Return every binding."""
    heard = {binding for event in EVENTS for binding in bindings_of_event(event)}
    parked = {Binding(PARKING_EXCHANGE, parked_queue_of(s), s) for s in SERVICES}
    return frozenset(heard | parked)


def bindings_of(service: str) -> frozenset[Binding]:
    """Return the bindings through which a service hears."""
    own = (f"{service}.", parked_queue_of(service))
    return frozenset(binding for binding in bindings() if binding.queue.startswith(own))


@dataclass(frozen=True)
class Rights:
    """What one broker login may do, as RabbitMQ's three patterns."""

    configure: str
    write: str
    read: str


NO_RIGHTS = Rights("^$", "^$", "^$")


def rights_of(service: str) -> Rights:
    """Return the rights of a service's login: say its own, hear its own, configure nothing."""
    return Rights(
        configure="^$",
        write=rf"^{service}\.events$",
        read=rf"^({service}\.on_[a-z_]+|parked\.{service})$",
    )


def rights_of_subscriber(name: str, producers: Collection[str]) -> Rights:
    """Return the rights of a stock nameko service outside, called like its login.

    nameko declares the exchange again (configure), declares its queue (configure), binds it
    (write on the queue, read on the exchange) and consumes (read). It says nothing: no right to
    write an exchange. Its queues bear its name: no subscriber can touch those of another.
    """
    exchanges_heard = rf"({'|'.join(sorted(set(producers)))})\.events"
    queues_owned = rf"evt-({'|'.join(sorted(set(producers)))})-[^-]+--{name}\.[A-Za-z0-9_-]+"
    return Rights(
        configure=f"^({exchanges_heard}|{queues_owned})$",
        write=f"^{queues_owned}$",
        read=f"^({exchanges_heard}|{queues_owned})$",
    )


def owns_queue(subscriber: str, queue: str) -> bool:
    """Tell whether a queue is that of a subscriber outside, by nameko's naming of queues."""
    return queue.startswith("evt-") and f"--{subscriber}." in queue
