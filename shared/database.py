"""Owns transactions: the engine, and the two ways in which a use case may run."""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import psycopg
from sqlalchemy import Dialect, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from shared.clock import BusinessClock
from shared.messaging import outbox
from shared.messaging.envelope import Event

Result = TypeVar("Result")
_CLAIM = text("""
    INSERT INTO inbox (consumer, event_id) VALUES (:consumer, :id)
    ON CONFLICT DO NOTHING RETURNING 1
""")
_CLAIM_ALL = text("""
    INSERT INTO inbox (consumer, event_id)
    SELECT :consumer, said FROM unnest(CAST(:ids AS uuid[])) AS said ORDER BY said
    ON CONFLICT DO NOTHING RETURNING event_id
""")
_ALIVE_SECONDS = 1.0
"""For so long a connection that was just in use needs no question whether it lives."""
_USED_AT = "linli used at"
_RETRIED_STATES = ("40001", "40P01")
_TRIES = 3
_LOCK_BUSY_STATES = ("55P03", *_RETRIED_STATES)
_UNAVAILABLE_STATES = ("08", "53", "57P", "58")
"""Connection, resources (disk, memory, connections), shutdown, system; PostgreSQL appendix A."""


class _Clock(Protocol):
    def now(self) -> Any: ...


class DatabaseUnavailable(Exception):
    """The database can't be reached, or no connection came free in time; nothing was changed."""


class LockBusy(Exception):
    """Somebody else held a lock for too long; nothing was changed, a later try may succeed."""


def build_engine(url: str, pool_size: int = 10) -> Engine:
    """Return the engine of a process; connections are made when they are first needed.

    The pool never grows past `pool_size`; who waits 10 s for a connection gives up. Errors
    don't carry parameters: those may hold personal data.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": "-c timezone=UTC -c lock_timeout=10s"
            " -c idle_in_transaction_session_timeout=60s",
        },
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_require_alive, engine.dialect))
    return engine


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[_USED_AT] = time.monotonic()


def _require_alive(
    dialect: Dialect, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: Any
) -> None:
    """Ask a connection that was idle whether it still lives; the pool replaces one that doesn't.

    SQLAlchemy's own pre-ping asks at every checkout, which costs a third of a busy handler's
    throughput.
    """
    if time.monotonic() - record.info.get(_USED_AT, -math.inf) < _ALIVE_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except psycopg.Error as error:
        raise DisconnectionError from error


class Transactions:
    """Runs use cases: one call, one transaction, commit at its end or no trace of it.

    A use case takes `(session, …, now)` and neither commits nor publishes. `now` is business
    time, taken here at the door.
    """

    def __init__(
        self, engine: Engine, clock: _Clock | None = None, keyring: object | None = None
    ) -> None:
        """Take the engine, business time, and the keys of what is stored encrypted.

        Use cases find the keys by `shared.privacy.keyring.of(session)`.
        """
        self.engine = engine
        self._clock = clock or BusinessClock()
        self.keyring = keyring

    def run(self, usecase: Callable[..., Result], *request: Any) -> Result:
        """Run `usecase(session, *request, now)` for a caller and return its result.

        A deadlock or serialization failure is tried twice more: nothing of it was committed.

        Raises:
            DatabaseUnavailable: when the database can't be reached.
            LockBusy: when another transaction holds what this one needs.
        """
        return self._transaction(lambda session: usecase(session, *request, self._clock.now()))

    def read(self, query: Callable[..., Result], *request: Any) -> Result:
        """Run `query(session, *request)`, which changes nothing, and return its result.

        Raises:
            DatabaseUnavailable: when the database can't be reached.
        """

        def read_only(session: Session) -> Result:
            session.connection(execution_options={"postgresql_readonly": True})
            return query(session, *request)

        return self._transaction(read_only)

    def change(self, change: Callable[..., Result], *request: Any) -> Result:
        """Run `change(session, *request)` of the machinery, which knows no business time.

        Raises:
            DatabaseUnavailable: when the database can't be reached.
        """
        return self._transaction(lambda session: change(session, *request))

    def once(self, event: Event, usecase: Callable[[Session, Any, Any], object]) -> bool:
        """Run `usecase(session, event.data, now)` unless it ran before; tell whether it ran now.

        The claim in the inbox is the first statement; claim, effect and outbox rows commit
        together. Whoever delivers the event again finds the claim taken.

        Raises:
            DatabaseUnavailable: when the database can't be reached.
        """

        def claim_and_run(session: Session) -> bool:
            claim = {"consumer": event.queue, "id": event.id}
            if session.execute(_CLAIM, claim).first() is None:
                return False
            usecase(session, event.data, self._clock.now())
            return True

        return self._transaction(claim_and_run)

    def once_all(
        self, events: Sequence[Event], usecase: Callable[[Session, Any, Any], object]
    ) -> int:
        """Run `usecase(session, [data, …], now)` on those events of one queue that didn't run yet.

        They keep their order; claims are made in the order of ids, so that two who share events
        wait for each other instead of deadlocking. Returns how many ran; the use case isn't
        called for none.

        Raises:
            DatabaseUnavailable: when the database can't be reached.
        """

        def claim_and_run(session: Session) -> int:
            once = {event.id: event.data for event in events}
            said = {"consumer": events[0].queue, "ids": list(once)}
            claimed = set(session.execute(_CLAIM_ALL, said).scalars())
            new = [data for event_id, data in once.items() if event_id in claimed]
            if new:
                usecase(session, new, self._clock.now())
            return len(new)

        return self._transaction(claim_and_run)

    def reachable(self) -> bool:
        """Tell whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except (OperationalError, InterfaceError, PoolTimeout):
            return False
        return True

    def _info(self) -> dict[str, Any]:
        return {"keyring": self.keyring}

    def _transaction(self, work: Callable[[Session], Result]) -> Result:
        for attempt in range(1, _TRIES + 1):
            try:
                with Session(self.engine, info=self._info()) as session, session.begin():
                    result = work(session)
                    session.flush()
                    outbox.wake_relay(session)
                return result
            except PoolTimeout as error:
                raise DatabaseUnavailable("no free connection") from error
            except DBAPIError as error:
                if _state(error) in _RETRIED_STATES and attempt < _TRIES:
                    continue
                raise _translated(error) from error
        raise AssertionError("unreachable: the last attempt returns or raises")


def _translated(error: DBAPIError) -> Exception:
    """Return what a database error means for the caller; errors of one statement stay."""
    state = _state(error)
    if state in _LOCK_BUSY_STATES:
        return LockBusy(_first_line(error))
    lost = isinstance(error, OperationalError | InterfaceError) and (
        state is None or state.startswith(_UNAVAILABLE_STATES)
    )
    if error.connection_invalidated or lost:
        return DatabaseUnavailable(_first_line(error))
    return error


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).splitlines()
    return lines[0] if lines else type(error).__name__
