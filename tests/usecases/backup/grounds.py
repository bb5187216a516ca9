"""Owns what tests of backups share: a folder of backups, and an empty database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from shared.backup.loading import load_backup
from shared.backup.making import Made, make_backup
from shared.backup.manifest import Backup
from shared.backup.retention import BackupPeriods
from shared.backup.shelf import Shelf
from shared.database import Transactions, build_engine
from shared.privacy.erasure import erase_person
from tests.databases import KEYRING, DatabaseServer, SetClock
from tests.usecases.shared.people import BOSS, FIELDS, NOW

DAY = timedelta(days=1)
PERIODS = BackupPeriods(data=29 * DAY, keys=7 * DAY)


def back_up(db: Transactions, folder: Path, service: str = "grid") -> Made:
    """Make a backup of a database in a folder of backups."""
    return make_backup(db, service, Shelf(folder), PERIODS)


def load(db: Transactions, folder: Path, backup: Backup) -> list[str]:
    """Load a backup into an empty database; return what was said."""
    said: list[str] = []
    load_backup(db, Shelf(folder), backup, "operator:test", said.append)
    return said


@contextmanager
def empty(server: DatabaseServer, clock: SetClock) -> Iterator[Transactions]:
    """Give an empty database, gone afterwards."""
    url = server.create_empty()
    db = Transactions(build_engine(url), clock, KEYRING)
    yield db
    db.engine.dispose()
    server.drop(url)


def erase(db: Transactions, person: UUID) -> None:
    """Erase a person, as a service does."""
    db.change(
        lambda session: erase_person(session, FIELDS, person, by=BOSS, reason="本人要求", now=NOW)
    )
