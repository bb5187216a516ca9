"""Owns the register files that the tests of `grid` load."""

import io
from collections.abc import Iterable
from pathlib import Path

from services.grid.register_file import RegisterFile
from services.grid.schemas.areas import ImportReport
from services.grid.usecases.imports import import_areas
from shared.database import Transactions

HEADER = "code,name,level,parent_code"
DEMO = Path(__file__).parents[3] / "deploy/demo/areas-320508.csv"
CHAIN = (
    "32,江苏省,province,",
    "3205,苏州市,city,32",
    "320508,姑苏区,district,3205",
    "320508019,金阊街道,street,320508",
    "320508019020,三元一村社区居委会,community,320508019",
)
"""One area of each level."""


def csv_of(rows: Iterable[str] = CHAIN) -> bytes:
    """Return a register file with these rows."""
    return "\n".join((HEADER, *rows, "")).encode()


def communities(count: int, name: str = "社区") -> list[str]:
    """Return the rows of a street with that many communities, its ancestors first."""
    rows = (f"320508019{n:03d},{name}{n},community,320508019" for n in range(count))
    return [*CHAIN[:4], *rows]


def load(db: Transactions, data: bytes, *, packed: bool = False) -> ImportReport:
    """Import a file."""
    return db.run(import_areas, RegisterFile(io.BytesIO(data), packed=packed))
