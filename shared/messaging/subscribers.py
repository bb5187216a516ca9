"""Owns the broker logins of subscribers outside Linli: who they are, what each may hear.

The broker itself keeps the list: a subscriber's login carries a tag that no other login has.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from shared.messaging.broker import Broker
from shared.messaging.topology import (
    MONITOR,
    SERVICES,
    exchange_of,
    owns_queue,
    rights_of_subscriber,
)

TAG = "linli-subscriber"
"""RabbitMQ gives no right for a tag that it doesn't know."""

_NAME = re.compile(r"[a-z][a-z0-9_]{2,39}")
_TAKEN = {*SERVICES, MONITOR, "guest", "admin", "administrator", "linli", "parked", "parking"}


class SubscriberRefused(Exception):
    """What was asked for can't be; the message says why and what to do."""


@dataclass(frozen=True)
class Subscriber:
    """A login from outside, as the broker knows it."""

    name: str
    hears: tuple[str, ...]
    """The producers whose exchanges it may read."""
    queues: tuple[tuple[str, int], ...]
    """Its queues, each with the messages that wait in it."""


def add(broker: Broker, name: str, producers: Collection[str], password: str) -> None:
    """Make a login that may bind queues of its own to the producers' exchanges, and no more.

    Raises:
        SubscriberRefused: when the name can't be a subscriber's or a login has it already.
    """
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise SubscriberRefused(
            f"{name!r} can't be a subscriber's name: 3 to 40 of a-z, 0-9 and _, a letter first, "
            "and not the name of one of Linli's own logins"
        )
    if unknown := set(producers) - set(SERVICES):
        raise SubscriberRefused(f"nobody called {', '.join(sorted(unknown))} says events")
    if name in broker.logins():
        raise SubscriberRefused(f"the broker has a login {name!r} already; remove it first")
    broker.put_login(name, password, rights_of_subscriber(name, producers), TAG)


def remove(broker: Broker, name: str, *, with_queues: bool = False) -> tuple[str, ...]:
    """Delete a subscriber's login, its queues too when told so; return the queues that stay.

    Raises:
        SubscriberRefused: when no subscriber has that name. Other logins are left alone.
    """
    if TAG not in broker.logins().get(name, ()):
        raise SubscriberRefused(f"no subscriber is called {name!r}; see: linli subscriber list")
    queues = tuple(sorted(queue for queue in broker.depths() if owns_queue(name, queue)))
    broker.delete_login(name)
    if not with_queues:
        return queues
    for queue in queues:
        broker.delete_queue(queue)
    return ()


def subscribers(broker: Broker) -> list[Subscriber]:
    """Return every subscriber of this virtual host, by name."""
    readable, depths = broker.readable(), sorted(broker.depths().items())
    return [
        Subscriber(
            name,
            tuple(s for s in SERVICES if re.search(readable[name], exchange_of(s))),
            tuple(one for one in depths if owns_queue(name, one[0])),
        )
        for name, tags in sorted(broker.logins().items())
        if TAG in tags and name in readable
    ]
