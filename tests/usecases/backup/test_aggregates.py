"""Owns the proof that services declare all that they give versions to: a restore moves those."""

from collections.abc import Callable

import pytest

from shared.database import Transactions
from shared.messaging.aggregates import Declared, declared_by
from shared.messaging.topology import EVENTS, SERVICES
from tests.usecases.shared.people import rows

_VERSIONS = """
    SELECT table_name || '.' || column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type IN ('smallint', 'integer', 'bigint')
    AND (column_name = 'version' OR column_name LIKE '%\\_version')
"""
_COLUMNS = """
    SELECT table_name || '.' || column_name FROM information_schema.columns
    WHERE table_schema = 'public'
"""
_REFUSING = """
    SELECT DISTINCT pg_class.relname FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgtype & 16 <> 0 AND prosrc LIKE '%append-only%'
"""


def versions_of(declared: Declared) -> list[str]:
    """Return every version that a service declares, once for each time it does."""
    with_version = [*declared.owned, *(one for one in declared.held if one.version_column)]
    return [
        *(f"{one.table}.{one.version_column}" for one in with_version),
        *(f"{one.table}.{one.column}" for one in (*declared.counted, *declared.staying)),
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_version_in_a_database_is_declared_once(
    database_of: Callable[[str], Transactions], service: str
):
    there = set(rows(database_of(service), _VERSIONS))
    declared = versions_of(declared_by(service))
    assert there - set(declared) == set()
    assert len(declared) == len(set(declared))


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_declared_is_in_the_database(
    database_of: Callable[[str], Transactions], service: str
):
    declared = declared_by(service)
    ids = {f"{one.table}.{one.id_column}" for one in (*declared.owned, *declared.held)}
    there = set(rows(database_of(service), _COLUMNS))
    assert ({*versions_of(declared)} | ids) - there == set()


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_version_that_stays_has_is_a_reason(service: str):
    assert all(one.why for one in declared_by(service).staying)


@pytest.mark.parametrize("service", SERVICES)
def test_what_others_hold_is_owned_by_its_producer(service: str):
    for held in declared_by(service).held:
        assert held.subject in {one.subject for one in declared_by(held.producer).owned}


@pytest.mark.parametrize("service", SERVICES)
def test_every_thing_that_events_say_a_version_of_is_owned(service: str):
    owned = {one.subject for one in declared_by(service).owned}
    said = {
        event.subject
        for event in EVENTS
        if event.producer == service and "version" in event.contract.__annotations__
    }
    assert said - {"key_set_id"} <= owned


@pytest.mark.parametrize("service", SERVICES)
def test_no_version_leaps_in_rows_that_the_database_lets_nobody_change(
    database_of: Callable[[str], Transactions], service: str
):
    refusing = set(rows(database_of(service), _REFUSING))
    assert "erasure_log" in refusing
    leaping = {one.table for one in declared_by(service).leaping() if one.changing == "true"}
    assert leaping & refusing == set()
