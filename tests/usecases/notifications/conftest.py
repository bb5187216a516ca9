"""Owns the database that the tests of notifications begin with: its clock stands."""

import pytest

from shared.database import Transactions
from tests.databases import SetClock
from tests.usecases.notifications.stories import NOW, know_area


@pytest.fixture(autouse=True)
def standing_clock(clock: SetClock) -> None:
    clock.set(NOW)


@pytest.fixture
def db(notifications_db: Transactions) -> Transactions:
    """Return a fresh database that knows the community of the story."""
    know_area(notifications_db)
    return notifications_db
