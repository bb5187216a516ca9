"""Owns the shape of what callers may send and see of population figures: numbers, no person."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from marshmallow import validate

from services.grid.domain.population import MOST, FigureState, SourceKind
from services.grid.schemas.limits import LIMIT, MARK, POST_CODE, PREFIX, WORDS

_COMMUNITY = {"validate": validate.Regexp(r"[0-9]{12}\Z")}
_COUNTED = {"validate": validate.Regexp(r"([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})\Z")}
_NUMBER = {"strict": True, "validate": validate.Range(min=0, max=MOST)}
_SOURCE = {"validate": [validate.Length(max=200), validate.Regexp(r"\s*\S")]}


@dataclass(frozen=True)
class RecordPopulation:
    """How many live there from a day on: 常住人口, 户籍人口, 户数, and who counted.

    Of a whole community without `compound_code`, else of that compound in it.
    """

    area_code: str = field(metadata=_COMMUNITY)
    day: date
    residents: int = field(metadata=_NUMBER)
    registered: int = field(metadata=_NUMBER)
    households: int = field(metadata=_NUMBER)
    source_kind: SourceKind
    source: str = field(metadata=_SOURCE)
    compound_code: str | None = field(default=None, metadata=POST_CODE)


@dataclass(frozen=True)
class RefusePopulation:
    """Why the figure is not taken over."""

    reason: str = field(metadata=WORDS)


@dataclass(frozen=True)
class ListFigures:
    """Which figures: of an area and all under it, in a state; the newest come first."""

    area: str | None = field(default=None, metadata=PREFIX)
    state: FigureState | None = None
    limit: int = field(default=50, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class SumPopulation:
    """Of which area, and on which day; today if it isn't said."""

    area: str = field(metadata=_COUNTED)
    on: date | None = None
    limit: int = field(default=200, metadata=LIMIT)
    after: str | None = field(default=None, metadata=MARK)


@dataclass(frozen=True)
class PopulationNumbers:
    """The three numbers, and the day from which they hold."""

    day: date
    residents: int
    registered: int
    households: int


@dataclass(frozen=True)
class FigureView:
    """A figure. While it awaits its approver, `previous` is what holds on its day so far."""

    id: UUID
    area_code: str
    compound_code: str | None
    day: date
    residents: int
    registered: int
    households: int
    source_kind: str
    source: str
    recorded_by: UUID
    recorded_at: datetime
    state: str
    decided_by: UUID | None
    decided_at: datetime | None
    refusal: str | None
    version: int
    previous: PopulationNumbers | None


@dataclass(frozen=True)
class FigurePage:
    """Figures, the newest first."""

    items: list[FigureView]
    next: str | None


@dataclass(frozen=True)
class CommunityPopulation:
    """A community, and the figure in force there: none where nobody counted by that day."""

    area_code: str
    name: str
    figure: PopulationNumbers | None


@dataclass(frozen=True)
class PopulationView:
    """The sum over the communities of an area on a day, and how many of them have no figure."""

    area: str
    on: date
    communities: int
    communities_without_figure: int
    residents: int
    registered: int
    households: int
    items: list[CommunityPopulation]
    next: str | None
