"""Owns the proof of what the database itself refuses, whatever the code above it does."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, configure_mappers

from services.inspections.models import Base, Finding
from services.inspections.usecases.findings import link_case
from shared.database import Transactions
from tests.factories import case_filed
from tests.usecases.inspections.stories import finding, heard, reinspection

APPEND_ONLY = ("finding_steps", "checklist_versions", "checklist_items", "inspection_results")


def test_findings_of_one_state_are_read_by_deadline_past_those_of_others(db: Transactions):
    with Session(db.engine) as session:
        for method in ("seqscan", "bitmapscan", "sort"):
            session.execute(text(f"SET LOCAL enable_{method} = off"))
        plan = session.scalars(
            text(
                "EXPLAIN SELECT id FROM findings WHERE state = 'in_rectification'"
                " AND deadline >= now() ORDER BY deadline, id LIMIT 51"
            )
        )
        assert "ix_findings_state_deadline" in " ".join(plan)


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


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("inspector_id = first_inspector_id", "ck_reinspections_independent"),
        ("inspector_id = rectifier_ids[1]", "ck_reinspections_independent"),
        ("inspector_id = checker_ids[1]", "ck_reinspections_independent"),
        (
            "inspector_id = finding_id, responsible_ids = ARRAY[finding_id]",
            "ck_reinspections_independent",
        ),
        ("inspector_id = id, deadline = opened_at", "ck_reinspections_deadline"),
        ("inspector_id = NULL", "ck_reinspections_decided"),
    ],
)
def test_the_table_refuses_a_reinspector_who_had_a_part(  # I02
    db: Transactions, change: str, constraint: str
):
    reinspection(db, finding(db))
    decided = "UPDATE reinspections SET state = 'passed', decided_at = opened_at, note = '1', "
    with pytest.raises(DBAPIError, match=constraint):
        execute(db, decided + change)
    execute(db, decided + "inspector_id = id")


def test_a_finding_has_one_open_reinspection_and_a_decided_one_never_changes(db: Transactions):
    reinspection(db, finding(db))
    columns = (
        "finding_id, case_id, area_code, title, opened_at, overdue, first_inspector_id,"
        " rectifier_ids, checker_ids, responsible_ids, version"
    )
    copy = (
        f"INSERT INTO reinspections (id, case_version, state, {columns})"
        f" SELECT case_id, case_version + 1, 'open', {columns} FROM reinspections"
    )
    with pytest.raises(DBAPIError, match="uq_reinspections_open"):
        execute(db, copy)
    execute(
        db,
        "UPDATE reinspections SET state = 'passed', inspector_id = id, decided_at = opened_at,"
        " note = '1'",
    )
    for statement in ("UPDATE reinspections SET note = '2'", "DELETE FROM reinspections"):
        with pytest.raises(DBAPIError, match="reinspections is append-only"):
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
