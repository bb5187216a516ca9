"""Owns the import of boundaries: all of a file or nothing of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.grid import boundary_checks as checks
from services.grid import boundary_staging as staging
from services.grid.boundary_file import BoundaryFile
from services.grid.domain.boundary_features import Drawing, read_drawing
from services.grid.domain.boundary_problems import BoundaryProblems, Problem
from services.grid.domain.coordinates import Crs
from services.grid.models.boundaries import BoundaryImport
from services.grid.schemas.boundaries import ImportBoundaries
from services.grid.usecases.area_days import day_of
from services.grid.usecases.area_records import FILE_PATIENCE, take_turn
from services.grid.usecases.establishing import establish_cells
from shared.auth.callers import Caller
from shared.errors import Rejected
from shared.ids import new_id


class NoBoundaries(Rejected):
    """There is no feature: more likely a wrong file than a wish to store nothing."""

    zh = "文件中没有任何要素"
    en = "The file has no features"


@dataclass(frozen=True)
class BoundariesImported:
    """What an import did, and what it left to be known."""

    import_id: UUID
    features: int
    added: int
    changed: int
    unchanged: int
    warnings: BoundaryProblems


def import_boundaries(
    session: Session, file: BoundaryFile, asked: ImportBoundaries, who: Caller, now: datetime
) -> BoundariesImported:
    """Load a file of boundaries that hold from a day on, and establish the cells that are new.

    The lock is taken after the file came in, so that a slow upload makes nobody wait.

    Raises:
        BoundariesRefused: with each problem and its place, when any boundary is wrong.
        AreaNotGranted: when one is of an area that isn't the caller's.
        NoBoundaries, BoundaryFileTooLarge, FeatureTooLarge, FeatureTooDeep, NotGeoJson,
        NotFeatureCollection, BrokenGzip: when the file is.
    """
    day = asked.effective_on or day_of(now)
    report, warnings = BoundaryProblems(), BoundaryProblems()
    features = staging.stage(session, _drawings(file, asked.crs, who, report))
    if not features and not report.count:
        raise NoBoundaries
    _collect(checks.invalid(session, asked.crs), report)
    report.refuse()
    take_turn(session, FILE_PATIENCE)
    _check(session, asked, day, report, warnings)
    report.refuse()
    establish_cells(session, list(staging.new_cells(session)), day, now)
    added, changed = staging.merge(session, import_id := new_id(), day)
    unchanged = features - added - changed
    session.add(
        BoundaryImport(
            id=import_id,
            file_sha256=file.sha256,
            crs=asked.crs,
            effective_on=day,
            features=features,
            added=added,
            changed=changed,
            unchanged=unchanged,
            imported_by=who.id,
            imported_at=now,
        )
    )
    return BoundariesImported(import_id, features, added, changed, unchanged, warnings)


def _check(
    session: Session,
    asked: ImportBoundaries,
    day: date,
    report: BoundaryProblems,
    warnings: BoundaryProblems,
) -> None:
    """Compare with the register first: shapes of what can't be there need no further look."""
    staging.complete(session, day)
    _collect(checks.misplaced(session, day), report)
    report.refuse()
    checks.stand(session, day)
    _collect(checks.overlapping(session, asked.crs, day), report)
    _collect(checks.outside(session, asked.crs), report)
    _collect(checks.gaps(session, asked.crs), warnings if asked.gaps == "allow" else report)
    _collect(checks.incomplete(session, day), warnings)


def _drawings(
    file: BoundaryFile, crs: Crs, who: Caller, report: BoundaryProblems
) -> Iterator[Drawing]:
    for number, feature in file.features():
        drawing = read_drawing(number, feature, crs, report)
        if drawing is not None:
            field = f"features.{number}.properties.code"
            who.require_area(field, drawing.code or drawing.community)
            yield drawing


def _collect(problems: Iterable[Problem], report: BoundaryProblems) -> None:
    for problem in problems:
        report.add(problem)
