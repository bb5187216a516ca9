"""Owns the linter of the responsibility matrix: what is wrong on any day ahead, and where.

Feature 39, demands G06 to G09: each cell × class has exactly one territorial and one functional
post, each with a first and a directly responsible person. Posts lie on communities and above, so
all communities under the same nearest post have the same owners: that is worked out once for each
area that has posts, and then told of the places under it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.grid.domain.areas import ancestors_of
from services.grid.domain.covering import Cover, Place
from services.grid.domain.duties import Duty
from services.grid.domain.findings import Finding, FindingKind, in_order_of_weight
from services.grid.domain.holding import ANSWERING, Office, doubled, vacancies
from services.grid.domain.linting_posts import lint_posts
from services.grid.domain.periods import Period, common
from services.grid.domain.post_kinds import RESERVED
from services.grid.domain.responsibility import BRANCHES, Branch

_ANY = ""
"""The one class of what answers by place."""


@dataclass(frozen=True)
class Ground:
    """What is linted: the places of an area from a day ahead, the posts there and above."""

    area_code: str
    since: date
    places: Collection[Place]
    duties: Collection[Duty]
    case_classes: Collection[str]
    stopped: Collection[Duty] = ()
    """Posts that the matrix in force names although they are stopped."""


class _Trouble(NamedTuple):
    """What a community can share with others: then one finding tells of all."""

    kind: FindingKind
    posts: tuple[str, ...]
    case_classes: frozenset[str]
    period: Period


def lint(ground: Ground) -> list[Finding]:
    """Return what is wrong from the day ahead, the errors first."""
    cover = Cover(ground.area_code, ground.places, ground.since)
    found = [one for branch in BRANCHES for one in _Lint(ground, cover, branch).findings()]
    return in_order_of_weight([*found, *lint_posts(ground, cover)])


class _Lint:
    """One branch of the matrix over all that is to be covered."""

    def __init__(self, ground: Ground, cover: Cover, branch: Branch) -> None:
        self._since, self._cover, self._branch = ground.since, cover, branch
        by_place = branch == "territorial"
        self._classes = (_ANY,) if by_place else sorted({*ground.case_classes})
        self._at: dict[str, list[Duty]] = defaultdict(list)
        for duty in ground.duties:
            if duty.branch == branch and duty.kind not in RESERVED:
                self._at[duty.area_code].append(duty)
        self._known: dict[str, dict[str, tuple[Duty, ...]]] = {"": dict.fromkeys(self._classes, ())}

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong in this branch."""
        under: dict[str, list[str]] = defaultdict(list)
        for code in self._cover.codes:
            under[self._bearing(code)].append(code)
        yield from self._of_places(under)
        yield from self._of_persons(under)

    def _bearing(self, code: str) -> str:
        """Return the nearest area with a post, a community itself perhaps."""
        around = (code, *reversed(ancestors_of(code)))
        return next((area for area in around if area in self._at), "")

    def _answers(self, area: str) -> dict[str, tuple[Duty, ...]]:
        """Return who answers for each class in an area; it is right when that is exactly one.

        As `Matrix` decides: a nearer area first, then who names the class, then who has all.
        """
        if area not in self._known:
            above = self._answers(self._bearing(area[:-1]))
            named: dict[str, list[Duty]] = defaultdict(list)
            for duty in self._at[area]:
                for one in duty.case_classes or (_ANY,):
                    named[one].append(duty)
            everything = named[_ANY]
            self._known[area] = {
                one: tuple(named.get(one) or everything) or above[one] for one in self._classes
            }
        return self._known[area]

    def _of_places(self, under: dict[str, list[str]]) -> Iterator[Finding]:
        """Yield gaps and overlaps, each told of the largest areas that share it."""
        told: dict[_Trouble, list[str]] = defaultdict(list)
        sharing: dict[tuple[tuple[str, ...], frozenset[str]], list[str]] = defaultdict(list)
        for area, codes in under.items():
            troubles: dict[tuple[str, ...], set[str]] = defaultdict(set)
            for one, duties in self._answers(area).items():
                if len(duties) != 1:
                    troubles[tuple(sorted(duty.code for duty in duties))].add(one)
            for posts, found in troubles.items():
                classes = frozenset(found)
                sharing[posts, classes] += codes
                for code in codes:
                    for period in self._cover.days_of(code):
                        trouble = _Trouble(self._kind(posts, period), posts, classes, period)
                        told[trouble].append(code)
        for trouble, codes in told.items():
            # it is wrong on every day on which they are there, be it from another day on
            alike = sharing[trouble.posts, trouble.case_classes]
            for area, inside in self._cover.largest(codes, alike).items():
                yield self._told(trouble, area, inside)

    def _kind(self, posts: tuple[str, ...], period: Period) -> FindingKind:
        if posts:
            return "overlap"
        return "gap" if period.first == self._since else "reorganisation"

    def _of_persons(self, under: dict[str, list[str]]) -> Iterator[Finding]:
        """Yield the days on which a post that answers somewhere has nobody, or one for both."""
        winning: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for area in under:
            for one, duties in self._answers(area).items():
                for duty in duties:
                    winning[duty.code][area].add(one)
        answering = (duty for duties in self._at.values() for duty in duties)
        for duty in (one for one in answering if one.code in winning):
            areas = winning[duty.code]
            troubles: list[tuple[FindingKind, Office | None, tuple[Period, ...]]] = [
                ("vacancy", office, vacancies(duty.holdings, office, self._since))
                for office in ANSWERING
            ]
            troubles.append(("one_person", None, doubled(duty.holdings, self._since)))
            if not any(periods for _, _, periods in troubles):
                continue
            codes = [code for area in areas for code in under[area]]
            classes = frozenset[str]().union(*areas.values())
            there = self._cover.days_of_all(codes)
            for kind, office, periods in troubles:
                for period in common(there, periods):
                    trouble = _Trouble(kind, (duty.code,), classes, period)
                    area = max(duty.area_code, self._cover.area_code, key=len)
                    yield self._told(trouble, area, codes, office)

    def _told(
        self, trouble: _Trouble, area: str, codes: Collection[str], office: Office | None = None
    ) -> Finding:
        named = tuple(sorted(trouble.case_classes))
        return Finding(
            kind=trouble.kind,
            severity="error",
            area_code=area,
            first_day=trouble.period.first,
            last_day=trouble.period.last,
            branch=self._branch,
            case_classes=None if len(named) == len(self._classes) else named,
            posts=trouble.posts,
            office=office,
            cells=self._cover.cells(codes, trouble.period.first),
        )
