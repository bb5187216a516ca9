"""Owns what the linter has to cover: communities and their cells, each on the days it is there."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.grid.domain.areas import LENGTH_OF_LEVEL
from services.grid.domain.periods import Period, joined

_COMMUNITY = LENGTH_OF_LEVEL["community"]


@dataclass(frozen=True)
class Place:
    """A community, or cells of one, from a day (none: from ever) until before another.

    `cells` is how many cells are meant; none where the community itself is.
    """

    code: str
    since: date | None = None
    until: date | None = None
    cells: int = 0

    def there(self, since: date) -> Period | None:
        """Return the days from one ahead on which it is there, None when it is not."""
        if self.until is not None and self.until <= since:
            return None
        return Period(max(since, self.since or since), self.until)


class Cover:
    """Communities by code, with the days on which there is one from a day ahead."""

    def __init__(self, area_code: str, places: Iterable[Place], since: date) -> None:
        """Take places of an area; a cell stands for its community, whose owners it has."""
        self.area_code = area_code
        self._parts: dict[str, list[tuple[Period, int]]] = {}
        for place in places:
            if period := place.there(since):
                parts = self._parts.setdefault(place.code[:_COMMUNITY], [])
                parts.append((period, place.cells))
        self._days = {
            code: joined(period for period, _ in parts) for code, parts in self._parts.items()
        }
        self._totals = Counter(area for code in self._days for area in self._above(code))

    @property
    def codes(self) -> Collection[str]:
        """Every community that is there on some day."""
        return self._days.keys()

    def days_of(self, code: str) -> tuple[Period, ...]:
        """Return when a community is there."""
        return self._days[code]

    def days_of_all(self, codes: Iterable[str]) -> tuple[Period, ...]:
        """Return when any of some communities is there."""
        return joined({period for code in codes for period in self._days[code]})

    def cells(self, codes: Iterable[str], day: date) -> int:
        """Return how many cells some communities have on a day; one without any counts as one."""
        return sum(self._cells(code, day) for code in codes)

    def largest(self, codes: Collection[str], sharing: Iterable[str]) -> Mapping[str, list[str]]:
        """Return some communities by the largest areas in which all are among those sharing.

        No area is larger than that which is covered.
        """
        if len(self.area_code) > _COMMUNITY:
            return {self.area_code: list(codes)}
        ours = Counter(area for code in sharing for area in self._above(code))
        found: dict[str, list[str]] = {}
        for code in codes:
            area = next(one for one in self._above(code) if ours[one] == self._totals[one])
            found.setdefault(area, []).append(code)
        return found

    def _cells(self, code: str, day: date) -> int:
        there = [cells for period, cells in self._parts[code] if period.holds(day)]
        return sum(there) or min(1, len(there))

    def _above(self, code: str) -> list[str]:
        """Return the areas that a community lies in, itself too, the largest first."""
        least = len(self.area_code)
        return [code[:n] for n in LENGTH_OF_LEVEL.values() if least <= n <= _COMMUNITY]
