"""Owns loading the area register from a file of this machine."""

from pathlib import Path

from services.grid.register_file import RegisterFile
from services.grid.schemas.areas import ImportReport
from services.grid.usecases.imports import import_areas
from shared.database import Transactions


def load(db: Transactions, path: Path) -> ImportReport:
    """Load a `.csv` or `.csv.gz` register file, as `POST /areas/imports` does.

    Raises:
        RegisterRefused: with a row report; nothing was loaded.
        OSError: when the file can't be read.
    """
    with path.open("rb") as stream:
        return db.run(import_areas, RegisterFile(stream, packed=path.suffix == ".gz"))
