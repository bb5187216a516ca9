"""Owns the handlers whose speed is measured: each event claims its place and writes one row."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.contracts.grid import CaseFiledV1
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event

BATCH = 200
_INSERT = text("INSERT INTO effects (case_id, title) VALUES (:id, :title)")
_INSERT_ALL = text("""
    INSERT INTO effects (case_id, title)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:titles AS text[]))
""")


def write_row(session: Session, case: CaseFiledV1, now: datetime) -> None:
    """Write one row."""
    session.execute(_INSERT, {"id": case.case_id, "title": case.title})


def write_rows(session: Session, cases: list[CaseFiledV1], now: datetime) -> None:
    """Write one row for each, in one statement."""
    rows = {"ids": [case.case_id for case in cases], "titles": [case.title for case in cases]}
    session.execute(_INSERT_ALL, rows)


class Single:
    """One event, one transaction."""

    name = "inspections"
    db = Database()

    @consume("inspections.on_case_filed")
    def on_case_filed(self, event: Event) -> None:
        """Write its row."""
        self.db.once(event, write_row)


class Batch:
    """Up to 200 events, one transaction."""

    name = "inspections"
    db = Database()

    @consume("inspections.on_case_filed", batch=BATCH)
    def on_case_filed(self, events: list[Event]) -> None:
        """Write their rows."""
        self.db.once_all(events, write_rows)
