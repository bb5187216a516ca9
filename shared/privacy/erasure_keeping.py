"""Owns the keeping of erasures outside of the database: a file that never loses one."""

import os
from collections.abc import Iterator
from pathlib import Path

from shared.database import Transactions
from shared.privacy.erasure import ErasureRow, erasures
from shared.privacy.erasure_file import read, written

_AT_ONCE = 500


def erasures_of(db: Transactions) -> Iterator[ErasureRow]:
    """Yield all erasures of a database, in the order of persons' ids."""
    after = None
    while page := db.read(erasures, after, _AT_ONCE):
        yield from page
        after = page[-1].person_id


def keep_erasures(db: Transactions, service: str, file: Path) -> int:
    """Add the erasures of a database to those a file holds; return how many it holds then.

    What the file knows and the database doesn't, such as one that was restored, stays.

    Raises:
        ErasureFileBroken: when the file isn't whole; it is left as it is.
        OSError: when it can't be written.
    """
    rows = {row.person_id: row for row in erasures_of(db)}
    if file.exists():
        rows |= {row.person_id: row for row in read(service, file.read_bytes())}
    ordered = [rows[person_id] for person_id in sorted(rows)]
    _replace(file, "".join(written(service, ordered)))
    return len(rows)


def _replace(path: Path, content: str) -> None:
    """Write a file that is whole or not there, and nobody else's to read."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content.encode())
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
