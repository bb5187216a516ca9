"""The measures of the matrix work: what they ask for is checked, at a small size."""

from shared.database import Transactions
from tests.bench.matrix import Size, fill, measure


def test_the_small_form_measures_everything(grid_db: Transactions) -> None:
    # no speed is asked for: whatever else runs on the machine would decide
    size = Size(cells=600, posts=150, lookups=20)
    fill(grid_db, size)
    found = measure(grid_db, size)
    assert len(found) == 7
    assert all(value > 0 for value in found.values())
