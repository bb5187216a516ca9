"""Owns the proof of what the database itself refuses, whatever the code above it does."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import configure_mappers

from services.volunteers.models import VolunteersBase
from shared.database import Transactions
from tests.usecases.volunteers.stories import (
    ID_NUMBER,
    dispatched,
    execute,
    published,
    registered,
    signed_up,
)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE activities SET taken = places + 1", "ck_activities_taken"),
        ("UPDATE activities SET taken = -1", "ck_activities_taken"),
        ("UPDATE activities SET places = 501", "ck_activities_places"),
        ("UPDATE activities SET ends_at = starts_at", "ck_activities_period"),
        ("UPDATE activities SET ends_at = starts_at + interval '13 hours'", "ck_activities_period"),
        ("UPDATE activities SET state = 'ended'", "ck_activities_state"),
        ("UPDATE activities SET state = 'cancelled'", "ck_activities_cancelled"),
        ("UPDATE activities SET reason = '暴雨'", "ck_activities_cancelled"),
        ("UPDATE activities SET title = ' '", "ck_activities_title"),
        ("UPDATE sign_ups SET state = 'withdrawn'", "ck_sign_ups_withdrawn"),
        ("UPDATE sign_ups SET wrong_codes = 6", "ck_sign_ups_wrong_codes"),
        ("UPDATE volunteers SET state = 'gone'", "ck_volunteers_state"),
        ("UPDATE volunteers SET id_number_index = NULL", "ck_volunteers_id_number"),
        ("UPDATE cases SET version = 0", "ck_cases_version"),
    ],
)
def test_rows_that_make_no_sense_are_refused(db: Transactions, statement: str, constraint: str):
    called = published(db, case_id=dispatched(db), places=1)
    signed_up(db, registered(db, id_number=ID_NUMBER).id, called.id)
    with pytest.raises(DBAPIError, match=constraint):
        execute(db, statement)


def test_every_mapped_column_is_one_that_the_migrations_made(db: Transactions):
    configure_mappers()
    with db.engine.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT table_name, column_name, is_nullable = 'YES'"
                " FROM information_schema.columns WHERE table_schema = 'public'"
            )
        )
        made = {tuple(column) for column in columns}
    tables = VolunteersBase.metadata.sorted_tables
    mapped = {(t.name, column.name, bool(column.nullable)) for t in tables for column in t.columns}
    assert mapped <= made
