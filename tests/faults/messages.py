"""Owns the faults that are messages: what can't be read, what breaks its contract, what comes from
another version, what comes twice; and the mistakes with queues and bindings."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pika
from pika.exceptions import AMQPError
from sqlalchemy import text

from shared.config import each_url
from shared.messaging.provisioner import provision
from tests.faults.scene import Scene, fault
from tests.messaging.conftest import PASSWORDS, lose_binding

HOSTILE = {"nameko.call_id_stack": 7, "nameko.locale": {"a": 1}, "x-death": "none", "bindings": [1]}


def publish_spoiled(
    scene: Scene, service: str, routing_key: str, body: bytes, headers: Mapping[str, Any] = {}
) -> None:
    """Publish what can only be parked, in the name of a service; the ledger knows of it."""
    event_id = str(UUID(int=scene.chance.getrandbits(128), version=4))
    scene.ledger.spoiled.add(event_id)
    _publish(
        scene, service, routing_key, body, {"ce-id": event_id, "ce-type": routing_key, **headers}
    )


def _publish(
    scene: Scene, service: str, routing_key: str, body: bytes, headers: Mapping[str, Any]
) -> None:
    """Publish until the broker has confirmed it: it may be away."""

    def confirmed() -> bool:
        try:
            urls = each_url(scene.system.amqp_url(service))
            parameters = [pika.URLParameters(url) for url in urls]
            connection = pika.BlockingConnection(parameters)
            channel = connection.channel()
            channel.confirm_delivery()
            properties = pika.BasicProperties(headers=dict(headers), delivery_mode=2)
            channel.basic_publish(f"{service}.events", routing_key, body, properties)
            connection.close()
        except (AMQPError, OSError):
            return False
        return True

    scene.until(confirmed, f"{routing_key} published by hand", 120)


@fault("messages", "poison: a body that breaks its contract")
@contextmanager
def poison(scene: Scene) -> Iterator[None]:
    """Say what no handler can do."""
    publish_spoiled(scene, "inspections", "finding_raised.v1", b'{"finding_id": 7}')
    yield


@fault("messages", "a body that isn't JSON, nor text")
@contextmanager
def undecodable(scene: Scene) -> Iterator[None]:
    """Say what nobody can read."""
    publish_spoiled(scene, "grid", "case_filed.v1", b"\xff\xfe\x00" * 1000)
    yield


@fault("messages", "headers that break stock nameko")
@contextmanager
def hostile_headers(scene: Scene) -> Iterator[None]:
    """Say it with headers that would end another container."""
    publish_spoiled(scene, "grid", "case_closed.v1", b"{}", HOSTILE)
    yield


@fault("messages", "an event of a version that nobody here knows")
@contextmanager
def future_version(scene: Scene) -> Iterator[None]:
    """Say it as a later release would."""
    publish_spoiled(scene, "grid", "case_filed.v1", b"{}", {"ce-type": "case_filed.v9"})
    yield


@fault("messages", "events that were sent come again, in another order")
@contextmanager
def sent_again(scene: Scene) -> Iterator[None]:
    """Publish fifty events of the outbox once more, with hostile headers."""
    query = """SELECT event_type, headers, body FROM outbox WHERE sent_at IS NOT NULL
               ORDER BY position DESC LIMIT 50"""
    with scene.system.db["grid"].engine.connect() as connection:
        rows = list(connection.execute(text(query)))
    scene.chance.shuffle(rows)
    for event_type, headers, body in rows:
        _publish(scene, "grid", event_type, bytes(body), {**headers, **HOSTILE})
    yield


@fault("messages", "a binding is lost, and provisioned again", alone=True)
@contextmanager
def lost_binding(scene: Scene) -> Iterator[None]:
    """Take one of several hearers' bindings away."""
    bindings = sorted(scene.system.broker.bindings(), key=str)
    lost = scene.chance.choice([one for one in bindings if one.exchange == "grid.events"])
    lose_binding(scene.system.broker, scene.system.vhost, lost)
    scene.hold()
    provision(scene.system.broker, PASSWORDS)
    yield
