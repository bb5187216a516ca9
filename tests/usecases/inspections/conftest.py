"""Owns the database that the tests of inspections begin with: its clock stands."""

import pytest

from shared.database import Transactions
from tests.databases import SetClock
from tests.usecases.inspections.stories import NOW, ready


@pytest.fixture(autouse=True)
def standing_clock(clock: SetClock) -> None:
    clock.set(NOW)


@pytest.fixture
def db(inspections_db: Transactions) -> Transactions:
    """Return a fresh database."""
    return inspections_db


@pytest.fixture
def ready_db(db: Transactions) -> Transactions:
    """Return a database that has areas and a checklist."""
    ready(db)
    return db
