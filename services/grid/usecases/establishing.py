"""Owns how grid cells come into the register."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.grid.domain.areas import parent_of
from services.grid.models.areas import Area, AreaAnnouncement, AreaVersion
from services.grid.usecases.area_days import day_of
from shared.contracts.grid import AreaChangedV1
from shared.messaging import outbox

_AT_ONCE = 2_000


def establish_cells(
    session: Session, cells: Iterable[tuple[str, str]], on: date, now: datetime
) -> None:
    """Add cells, each (code, name), to the register from a day on, and tell of them on that day.

    The register doesn't have the codes, and has their communities on that day: the caller saw to
    it. A whole city's come at once, so they go in by statement and not one by one. What is there by
    today is so from ever, as what a register file brings; but in a community that has a history of
    its own from that day on: its cells don't precede it.
    """
    rest = iter(cells)
    while part := list(islice(rest, _AT_ONCE)):
        _establish(session, part, on, now)


def _establish(session: Session, cells: list[tuple[str, str]], on: date, now: datetime) -> None:
    ahead = on > day_of(now)
    dated = _to_be_dated(session, cells, ahead=ahead)
    session.execute(
        insert(Area),
        [
            {
                "code": code,
                "name": name,
                "level": "cell",
                "parent_code": parent_of(code),
                "version": 1,
                "created_at": now,
                "updated_at": now,
                "dated": code in dated,
            }
            for code, name in cells
        ],
    )
    if dated:
        session.execute(
            insert(AreaVersion),
            [
                {"code": code, "since": on, "until": None, "name": name}
                for code, name in cells
                if code in dated
            ],
        )
    if ahead:
        session.execute(
            insert(AreaAnnouncement), [{"due_on": on, "code": code} for code, _ in cells]
        )
        return
    outbox.add_all(
        session,
        (
            AreaChangedV1(
                area_code=code,
                name=name,
                level="cell",
                parent_code=parent_of(code),
                since=on if code in dated else None,
                until=None,
                successors=[],
                version=1,
            )
            for code, name in cells
        ),
    )


def _to_be_dated(session: Session, cells: list[tuple[str, str]], *, ahead: bool) -> set[str]:
    if ahead:
        return {code for code, _ in cells}
    communities = {parent_of(code) for code, _ in cells}
    changed = session.scalars(select(Area.code).where(Area.code.in_(communities), Area.dated))
    among = set(changed)
    return {code for code, _ in cells if parent_of(code) in among}
