"""Owns the database that the tests of volunteers begin with: its clock stands."""

import pytest

from shared.database import Transactions
from tests.databases import SetClock
from tests.usecases.volunteers.stories import NOW, ready


@pytest.fixture
def db(volunteers_db: Transactions, clock: SetClock) -> Transactions:
    """Return a database that knows two communities; its clock stands on a Monday."""
    clock.set(NOW)
    ready(volunteers_db)
    return volunteers_db
