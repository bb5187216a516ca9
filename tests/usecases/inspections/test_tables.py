"""Owns the proof of what the database itself refuses, whatever the code above it does."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, configure_mappers

from services.inspections.models import Base, Finding
from services.inspections.usecases.findings import link_case
from shared.database import Transactions
from tests.factories import case_filed
from tests.usecases.inspections.stories import finding, heard

APPEND_ONLY = ("finding_steps", "checklist_versions", "checklist_items", "inspection_results")


def execute(db: Transactions, statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET created_at = created_at", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
)
def test_histories_are_append_only(db: Transactions, table: str, statement: str):
    finding(db)
    with pytest.raises(DBAPIError, match=f"{table} is append-only"):
        execute(db, statement.format(table))


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            "UPDATE findings SET state = 'lost', case_id = id, case_number = '1', case_version = 1",
            "ck_findings_state",
        ),
        ("UPDATE findings SET state = 'in_rectification'", "ck_findings_case"),
        ("UPDATE findings SET case_number = '1'", "ck_findings_case"),
        ("UPDATE findings SET closed_at = raised_at", "ck_findings_closed"),
        ("UPDATE findings SET note = ''", "ck_findings_note"),
        ("UPDATE findings SET severity = 6", "ck_findings_severity"),
        ("UPDATE inspections SET mode = 'secret'", "ck_inspections_mode"),
        ("UPDATE inspections SET points = points_possible + 1", "ck_inspections_"),
        ("UPDATE inspections SET failed_items = 0", "ck_inspections_failed_items"),
        ("UPDATE areas SET code = '32050801902x'", "ck_areas_code"),
        ("UPDATE areas SET version = 0", "ck_areas_version"),
    ],
)
def test_rows_that_make_no_sense_are_refused(db: Transactions, statement: str, constraint: str):
    finding(db)
    with pytest.raises(DBAPIError, match=constraint):
        execute(db, statement)


def test_a_finding_changed_behind_the_back_of_a_writer_is_not_overwritten(db: Transactions):
    raised = finding(db)
    with Session(db.engine) as late:
        row = late.get_one(Finding, raised.id)
        db.once(heard(case_filed(finding_id=raised.id)), link_case)
        row.note = "过时的改动"
        with pytest.raises(Exception, match="expected to update 1 row"):
            late.commit()


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
    tables = Base.metadata.sorted_tables
    mapped = {(t.name, column.name, bool(column.nullable)) for t in tables for column in t.columns}
    assert mapped <= made
