"""Owns the faults of broker and database: stopped, killed, full, locked, and changed under load."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from shared.messaging.topology import SERVICES
from shared.migrations import migrate
from tests.faults.scene import Scene, fault

_ALL_MEMORY, _NO_MEMORY = "0.4", "0.0000001"


@fault("broker", "the broker's application stops and starts")
@contextmanager
def broker_stop_app(scene: Scene) -> Iterator[None]:
    """Stop RabbitMQ within its Erlang node."""
    control = scene.system.nodes.rabbitmq_node.ctl
    control("stop_app")
    yield
    control("start_app")
    scene.system.nodes.rabbitmq.wait_ready()


@fault("broker", "the broker restarts")
@contextmanager
def broker_restart(scene: Scene) -> Iterator[None]:
    """Stop RabbitMQ in order and start it again."""
    scene.system.nodes.rabbitmq.stop()
    yield
    scene.system.nodes.rabbitmq.start()


@fault("broker", "kill -9 of the broker")
@contextmanager
def broker_kill(scene: Scene) -> Iterator[None]:
    """Kill RabbitMQ; what it confirmed is on disk."""
    scene.system.nodes.rabbitmq.kill()
    yield
    scene.system.nodes.rabbitmq.start()


@fault("broker", "every connection to the broker is closed")
@contextmanager
def connections_closed(scene: Scene) -> Iterator[None]:
    """Close them as an operator would."""
    control = scene.system.nodes.rabbitmq_node.ctl
    control("close_all_connections", "--vhost", scene.system.vhost, "closed by a fault")
    yield


@fault("broker", "the broker's memory alarm")
@contextmanager
def memory_alarm(scene: Scene) -> Iterator[None]:
    """Let the broker block every publisher."""
    control = scene.system.nodes.rabbitmq_node.ctl
    control("set_vm_memory_high_watermark", _NO_MEMORY)
    scene.hold(10)
    yield
    control("set_vm_memory_high_watermark", _ALL_MEMORY)


@fault("database", "PostgreSQL restarts")
@contextmanager
def database_restart(scene: Scene) -> Iterator[None]:
    """Stop PostgreSQL in order and start it again."""
    scene.system.nodes.postgres.stop()
    yield
    scene.system.nodes.postgres.start()


@fault("database", "kill -9 of PostgreSQL")
@contextmanager
def database_kill(scene: Scene) -> Iterator[None]:
    """Kill PostgreSQL; it recovers from its log."""
    scene.system.nodes.postgres.kill()
    yield
    scene.system.nodes.postgres.start()


@fault("database", "every database connection is terminated")
@contextmanager
def backends_terminated(scene: Scene) -> Iterator[None]:
    """Terminate what others run in PostgreSQL, in the middle of it."""
    with psycopg.connect(scene.system.nodes.postgres_admin_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    yield


@fault("database", "a table is locked until the pools are exhausted")
@contextmanager
def pool_exhausted(scene: Scene) -> Iterator[None]:
    """Hold a lock that every handler and request of a service waits for."""
    service = scene.chance.choice(SERVICES)
    # another fault may end the connection: then the lock is gone as well
    with suppress(psycopg.OperationalError), _connect(scene, service) as connection:
        connection.execute("LOCK TABLE outbox, inbox IN ACCESS EXCLUSIVE MODE")
        scene.hold(15)
    yield


@fault("database", "a migration under load")
@contextmanager
def migration(scene: Scene) -> Iterator[None]:
    """Expand, fill and contract a busy table as a release does, and run `migrate` meanwhile."""
    steps = (
        "SET lock_timeout = '5s'",
        "ALTER TABLE cases ADD COLUMN under_load text",
        "CREATE INDEX CONCURRENTLY ix_cases_under_load ON cases (under_load)",
        "UPDATE cases SET under_load = title",
        "DROP INDEX CONCURRENTLY ix_cases_under_load",
        "ALTER TABLE cases DROP COLUMN under_load",
    )
    with _connect(scene, "grid", autocommit=True) as connection:
        for step in steps:
            _patiently(connection, step)
            migrate("grid", scene.system.database_url("grid"))
    yield


def _connect(
    scene: Scene, service: str, *, autocommit: bool = False
) -> "psycopg.Connection[tuple[object, ...]]":
    url = scene.system.database_url(service).replace("+psycopg", "")
    return psycopg.connect(url, autocommit=autocommit)


def _patiently(connection: "psycopg.Connection[tuple[object, ...]]", statement: str) -> None:
    """Run a statement, again where a lock wasn't had in time: so does whoever installs."""
    for _ in range(20):
        with suppress(psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            connection.execute(statement.encode())
            return
    raise psycopg.errors.LockNotAvailable(statement)
