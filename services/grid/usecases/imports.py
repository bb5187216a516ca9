"""Owns the import of the area register: all of a file or nothing of it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.grid import staging
from services.grid.domain.register_rows import (
    AreaRow,
    BadRow,
    EmptyRegister,
    Problem,
    RegisterRefused,
    RowReport,
    parse_row,
    require_header,
)
from services.grid.models.areas import AreaChangeRow, AreaImport
from services.grid.register_file import RegisterFile
from services.grid.schemas.areas import ImportReport
from services.grid.usecases.area_days import day_of
from services.grid.usecases.area_records import FILE_PATIENCE, take_turn
from shared.contracts.grid import AREAS_PER_EVENT, AreasImportedV1, AreaState
from shared.ids import new_id
from shared.messaging import outbox


def import_areas(session: Session, file: RegisterFile, now: datetime) -> ImportReport:
    """Load a register file, and say what it added or changed.

    The lock is taken after the file came in, so that a slow upload makes nobody wait.

    Raises:
        RegisterRefused: with a row report, when any row is wrong.
        WrongHeader, EmptyRegister, RegisterTooLarge, LineTooLong, BrokenGzip: when the file is.
    """
    report = RowReport()
    rows = staging.stage(session, _good_rows(file, report))
    if not rows and not report.count:
        raise EmptyRegister
    _collect(staging.duplicates(session), report)
    take_turn(session, FILE_PATIENCE)
    if not report.count:  # a refused row could be the missing parent
        _collect(staging.orphans(session), report)
        _collect(staging.not_now(session, day_of(now)), report)
    if report.count:
        raise RegisterRefused(report)
    return _apply(session, file, rows, now)


def _apply(session: Session, file: RegisterFile, rows: int, now: datetime) -> ImportReport:
    import_id = new_id()
    if staging.touch(session):
        staging.date_renamed(session, _renaming(session, import_id, now), day_of(now))
    added, changed = staging.merge(session, now)
    done = AreaImport(
        id=import_id,
        file_sha256=file.sha256,
        rows=rows,
        added=added,
        changed=changed,
        unchanged=rows - added - changed,
        imported_at=now,
    )
    session.add(done)
    _announce(session, done.id)
    return ImportReport(done.id, rows, added, changed, done.unchanged)


def _renaming(session: Session, import_id: UUID, now: datetime) -> UUID:
    """Record that names change today by this import."""
    change = AreaChangeRow(
        id=new_id(),
        kind="import",
        area_code="",
        effective_on=day_of(now),
        basis=f"import {import_id}",
        effects=[],
        recorded_at=now,
    )
    session.add(change)
    session.flush()
    return change.id


def _good_rows(file: RegisterFile, report: RowReport) -> Iterator[tuple[int, AreaRow]]:
    lines = file.lines()
    for _, header in lines:
        require_header(header)
        break
    for number, line in lines:
        if not line:
            continue
        try:
            area = parse_row(line)
        except BadRow as bad:
            report.add(bad.at(number))
        else:
            yield number, area


def _collect(problems: Iterable[Problem], report: RowReport) -> None:
    for problem in problems:
        report.add(problem)


def _announce(session: Session, import_id: UUID) -> None:
    for part in staging.touched(session, AREAS_PER_EVENT):
        areas = [AreaState(code=c, name=n, level=lv, version=v) for c, n, lv, v in part]
        outbox.add(session, AreasImportedV1(import_id=import_id, areas=areas))
