"""Owns the declaration of the topology: everything in topology.py, and nothing else, exists."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.messaging import topology
from shared.messaging.broker import Broker

_OTHERS_QUEUES = ("evt-",)
"""Name prefixes of queues that belong to subscribers outside (stock nameko among them)."""


@dataclass(frozen=True)
class Difference:
    """How the broker differs from topology.py; every entry names one exchange, queue or binding."""

    missing: tuple[str, ...]
    orphans: tuple[str, ...]

    @property
    def none(self) -> bool:
        """True when nothing that should be there is missing."""
        return not self.missing


def provision(broker: Broker, passwords: Mapping[str, str]) -> None:
    """Make the broker what topology.py says; running it again changes nothing.

    A binding that is there stays as it is: relays take one that was made anew for one that was
    lost.

    Raises:
        shared.messaging.broker.BrokerRefused: when a queue exists with other arguments: those
            can't change in place, a new queue name and a migration step are needed.
    """
    broker.create_vhost()
    for name, kind in topology.exchanges().items():
        broker.put_exchange(name, kind)
    for queue in topology.queues():
        broker.put_queue(queue)
    missing = topology.bindings() - broker.bindings()
    for binding in sorted(missing, key=lambda b: (b.exchange, b.queue, b.key)):
        broker.put_binding(binding)
    for service in topology.SERVICES:
        broker.put_login(service, passwords[service], topology.rights_of(service))
    monitor = topology.MONITOR
    broker.put_login(monitor, passwords[monitor], topology.NO_RIGHTS, "monitoring")


def compare(broker: Broker) -> Difference:
    """Return what is missing on the broker, and which queues nothing explains."""
    queues = {queue.name: dict(queue.arguments) for queue in broker.queues()}
    exchanges = broker.exchanges()
    wanted = {queue.name: dict(queue.arguments) for queue in topology.queues()}
    missing = [
        f"exchange {name}"
        for name, kind in topology.exchanges().items()
        if exchanges.get(name) != kind
    ]
    missing += [f"queue {n}" for n, arguments in wanted.items() if queues.get(n) != arguments]
    missing += sorted(
        f"binding {b.exchange} -> {b.queue} ({b.key})"
        for b in topology.bindings() - broker.bindings()
    )
    orphans = sorted(
        f"queue {name}"
        for name in queues.keys() - wanted.keys()
        if not name.startswith(_OTHERS_QUEUES)
    )
    return Difference(tuple(missing), tuple(orphans))
