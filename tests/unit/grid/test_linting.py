"""The linter against a naive look at each cell, class and day; and each thing that can be wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.grid.domain.covering import Place
from services.grid.domain.duties import Duty
from services.grid.domain.findings import Finding
from services.grid.domain.holding import (
    ANSWERING,
    Appointment,
    Holding,
    Office,
    answering,
    appointed,
)
from services.grid.domain.linting import Ground, lint
from services.grid.domain.periods import Period
from services.grid.domain.post_kinds import PostKind
from services.grid.domain.responsibility import BRANCHES, Branch, Matrix, Post

DISTRICT, STREET = "320508", "320508019"
COMMUNITIES = [f"{STREET}{n:03d}" for n in (1, 2)] + ["320508020001"]
CELLS = [f"{community}{n:03d}" for community in COMMUNITIES for n in (1, 2)]
CLASSES = ["litter", "stalls", "theft"]
DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(14)]
TODAY = DAYS[2]
HELD = (
    Holding("direct", UUID(int=2), False, DAYS[0]),
    Holding("first", UUID(int=1), False, DAYS[0]),
)


def duty(
    code: str, area: str = DISTRICT, *classes: str, kind: PostKind = "department", **more: object
) -> Duty:
    made = Duty(code, kind, area, classes, HELD)
    return replace(made, **more)  # type: ignore[arg-type]


def kuai(code: str, area: str = DISTRICT, **more: object) -> Duty:
    return duty(code, area, kind="territorial", **more)


def without(office: Office, since: date, until: date | None = None) -> tuple[Holding, ...]:
    return appointed(HELD, Appointment(office, None, since, until))


PLACES = [Place(community) for community in COMMUNITIES] + [Place(cell, cells=1) for cell in CELLS]
WHOLE = [kuai("kuai"), duty("tiao")]


def found(
    duties: Sequence[Duty],
    area: str = DISTRICT,
    places: Sequence[Place] = PLACES,
    stopped: Sequence[Duty] = (),
) -> list[Finding]:
    inside = [place for place in places if place.code.startswith(area)]
    return lint(Ground(area, TODAY, inside, duties, CLASSES, stopped))


def errors(*args: object, **more: object) -> list[Finding]:
    return [one for one in found(*args, **more) if one.severity == "error"]  # type: ignore[arg-type]


def warned(kind: str, *args: object, **more: object) -> list[Finding]:
    return [one for one in found(*args, **more) if one.kind == kind]  # type: ignore[arg-type]


def test_a_matrix_that_answers_everywhere_has_no_error() -> None:  # G06, G07
    assert errors(WHOLE) == []


def test_a_gap_is_told_of_the_largest_area_that_has_it_all_over() -> None:  # G09
    named = [kuai("kuai"), duty("a", STREET, "litter"), duty("b", DISTRICT, "stalls", "theft")]
    (gap,) = errors(named)
    assert (gap.kind, gap.branch, gap.area_code) == ("gap", "functional", "320508020")
    assert (gap.case_classes, gap.cells) == (("litter",), 2)
    assert (gap.first_day, gap.last_day) == (TODAY, None)
    (all_over,) = errors([duty("tiao")])
    assert (all_over.branch, all_over.area_code, all_over.cells) == ("territorial", DISTRICT, 6)
    assert all_over.case_classes is None


def test_two_posts_of_one_nearness_overlap_where_no_nearer_one_answers() -> None:
    two = [*WHOLE, duty("a", STREET, "litter"), duty("b", STREET, "litter", "stalls")]
    (overlap,) = errors(two)
    assert (overlap.kind, overlap.posts) == ("overlap", ("a", "b"))
    assert overlap.case_classes == ("litter",)
    assert (overlap.area_code, overlap.cells) == (STREET, 4)
    nearer = [duty(f"near-{n}", code, "litter") for n, code in enumerate(COMMUNITIES[:2])]
    assert errors([*two, *nearer]) == []


def test_one_that_names_the_class_stands_before_one_that_has_all() -> None:
    assert errors([*WHOLE, duty("a", DISTRICT, "litter")]) == []


def test_a_post_without_a_person_is_told_with_office_and_days() -> None:  # G08
    empty = kuai("kuai", holdings=without("direct", DAYS[5], DAYS[8]))
    (vacancy,) = errors([empty, duty("tiao")])
    assert (vacancy.kind, vacancy.posts, vacancy.office) == ("vacancy", ("kuai",), "direct")
    assert (vacancy.first_day, vacancy.last_day) == (DAYS[5], DAYS[7])
    assert (vacancy.area_code, vacancy.case_classes, vacancy.cells) == (DISTRICT, None, 6)
    nowhere = [*WHOLE, *(kuai(c, c) for c in COMMUNITIES)]
    nowhere[0] = empty
    assert errors(nowhere) == []


def test_one_person_in_both_offices_is_told() -> None:
    one = tuple(replace(holding, person_id=UUID(int=1)) for holding in HELD)
    (same,) = errors([kuai("kuai", holdings=one), duty("tiao")])
    assert (same.kind, same.posts) == ("one_person", ("kuai",))


def test_cells_that_begin_without_an_owner_are_a_reorganisation() -> None:
    merged = Place(f"{STREET}009", since=DAYS[6])
    posts = [duty("tiao"), *(kuai(c, c) for c in COMMUNITIES)]
    (one,) = errors(posts, places=[*PLACES, merged, Place(f"{STREET}009001", DAYS[6], cells=1)])
    assert (one.kind, one.area_code, one.first_day) == ("reorganisation", merged.code, DAYS[6])
    assert one.cells == 1


def test_a_post_whose_area_ends_is_told_and_keeps_nobody_from_working() -> None:
    old = Place(COMMUNITIES[0], until=DAYS[6])
    ended = kuai("old", COMMUNITIES[0], area_ends=DAYS[6])
    (one,) = warned("area_ended", [*WHOLE, ended], places=[old, *PLACES[1:]])
    assert (one.posts, one.first_day, one.severity) == (("old",), DAYS[6], "warning")


def test_a_stopped_post_of_the_matrix_in_force_is_told() -> None:
    (one,) = warned("inactive", WHOLE, stopped=[duty("gone", STREET, "litter")])
    assert (one.posts, one.area_code, one.case_classes) == (("gone",), STREET, ("litter",))


def test_a_district_without_leading_group_or_office_is_warned() -> None:  # G11, X01, X02
    assert {one.kind for one in found(WHOLE)} >= {"no_leading_group", "no_office"}
    leading = [
        duty("lead", DISTRICT, "leadership", kind="leading_group"),
        duty("office", "3205", "coordination", kind="office"),
    ]
    kinds = {one.kind for one in found([*WHOLE, *leading])}
    assert not kinds & {"no_leading_group", "no_office"}
    assert warned("no_leading_group", WHOLE, COMMUNITIES[0]) == []


def test_a_unit_without_a_coordinator_is_warned() -> None:  # G10, G14, X03
    (one,) = warned("no_coordinator", WHOLE)
    assert (one.posts, one.first_day, one.last_day) == (("tiao",), TODAY, None)
    held = (*HELD, Holding("coordinator", UUID(int=3), False, DAYS[0]))
    assert warned("no_coordinator", [WHOLE[0], duty("tiao", holdings=held)]) == []


def test_a_part_is_linted_by_the_posts_above_it_too() -> None:  # G12
    assert errors(WHOLE, COMMUNITIES[0]) == []
    (gap,) = errors([duty("tiao", "3205")], CELLS[0])
    assert (gap.area_code, gap.branch) == (CELLS[0], "territorial")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_has_its_words(language: str) -> None:
    empty = kuai("kuai", holdings=without("first", DAYS[5], DAYS[8]))
    for one in found([empty, duty("a", DISTRICT, "litter")], stopped=[duty("gone")]):
        said = one.text(language)
        assert one.area_code in said and "{" not in said
        assert all(post in said for post in one.posts)


# against a look at everything


PERSONS = [UUID(int=n) for n in range(1, 4)]
PERIODS = st.tuples(st.integers(0, 8), st.none() | st.integers(1, 4)).map(
    lambda one: (DAYS[one[0]], one[1] and DAYS[one[0] + one[1]])
)
HOLDINGS = st.lists(
    st.builds(
        lambda office, person, period, acting: Appointment(office, person, *period, acting),
        st.sampled_from(ANSWERING),
        st.sampled_from([None, *PERSONS]),
        PERIODS,
        st.booleans(),
    ),
    max_size=3,
)


def _held(appointments: list[Appointment]) -> tuple[Holding, ...]:
    held: tuple[Holding, ...] = HELD
    for one in appointments:
        held = appointed(held, one)
    return held


AREAS = st.sampled_from(["3205", DISTRICT, STREET, "320508020", *COMMUNITIES])
DUTIES = st.lists(
    st.builds(
        lambda code, area, classes, place, held: duty(
            code,
            area,
            *(() if place else classes),
            kind="territorial" if place else "department",
            holdings=_held(held),
        ),
        st.text("abc", min_size=1, max_size=3),
        AREAS,
        st.lists(st.sampled_from(CLASSES), unique=True, max_size=2),
        st.booleans(),
        HOLDINGS,
    ),
    unique_by=lambda one: one.code,
    max_size=7,
)
SPANS = st.tuples(st.none() | st.integers(0, 6), st.none() | st.integers(7, 12)).map(
    lambda one: tuple(None if n is None else DAYS[n] for n in one)
)
GROUNDS = st.lists(SPANS, min_size=len(CELLS), max_size=len(CELLS)).map(
    lambda spans: [Place(cell, *span, cells=1) for cell, span in zip(CELLS, spans, strict=True)]
)
Told = tuple[str, str, str, date]
"""What is wrong, with what, where, when."""


def post_on(one: Duty, day: date) -> Post:
    first, direct = (answering(one.holdings, office, day) for office in ANSWERING)
    id = uuid5(UUID(int=0), one.code)
    classes = one.case_classes
    return Post(id, one.code, one.code, one.branch, one.area_code, classes, first, direct, True)


def alive(place: Place, day: date) -> bool:
    there = place.there(DAYS[0])
    return there is not None and there.holds(day)


def each_place(places: Sequence[Place]) -> Iterator[tuple[Place, Branch, str, date]]:
    for place in places:
        for day in DAYS:
            if day >= TODAY and alive(place, day):
                for branch in BRANCHES:
                    for one in CLASSES:
                        yield place, branch, one, day


def naive(duties: Sequence[Duty], places: Sequence[Place]) -> tuple[set[Told], set[Told]]:
    """Return what is wrong by a look at each cell, class and day: of places, and of posts."""
    at, posts = set(), set()
    matrices = {day: Matrix(post_on(one, day) for one in duties) for day in DAYS}
    for place, branch, one, day in each_place(places):
        post = matrices[day].post_of(branch, place.code, one)
        if post is None:
            at.add((f"gap {branch}", one, place.code, day))
            continue
        same = [
            other
            for other in duties
            if (other.branch, other.area_code) == (branch, post.area_code)
            and (one in other.case_classes) == (one in post.case_classes)
            and (not other.case_classes or one in other.case_classes)
        ]
        if len(same) > 1:
            at.add((f"overlap {branch}", one, place.code, day))
        for winner in same:
            seen = post_on(winner, day)
            posts |= {("vacancy", winner.code, office, day) for office in seen.vacant}
            if not seen.vacant and seen.first_responsible_id == seen.directly_responsible_id:
                posts.add(("one_person", winner.code, "", day))
    return at, posts


def told(findings: Sequence[Finding], places: Sequence[Place]) -> tuple[set[Told], set[Told]]:
    """Return what the findings say, in the same form."""
    at, posts = set(), set()
    for one in findings:
        kind = "gap" if one.kind == "reorganisation" else one.kind
        days = [
            day
            for day in DAYS
            if one.first_day <= day and (one.last_day is None or day <= one.last_day)
        ]
        if kind in ("vacancy", "one_person"):
            posts |= {(kind, one.posts[0], one.office or "", day) for day in days}
            continue
        at |= {
            (f"{kind} {one.branch}", case_class, place.code, day)
            for place in places
            if place.code.startswith(one.area_code)
            for day in days
            if alive(place, day)
            for case_class in one.case_classes or CLASSES
        }
    return at, posts


@settings(max_examples=300, deadline=None)
@given(duties=DUTIES, places=GROUNDS)
def test_the_linter_finds_what_a_look_at_each_cell_class_and_day_finds(  # G06, G07, G08, G09
    duties: list[Duty], places: list[Place]
) -> None:
    findings = errors(duties, places=places)
    at, posts = told(findings, places)
    assert (at, posts) == naive(duties, places)


@settings(max_examples=200, deadline=None)
@given(duties=DUTIES, places=GROUNDS)
def test_whatever_a_linted_matrix_is_asked_it_has_both_owners(  # G07
    duties: list[Duty], places: list[Place]
) -> None:
    whole = [*WHOLE, *duties]
    wrong = {code for one in errors(whole, places=places) for code in one.posts}
    linted = [one for one in whole if one.code not in wrong]
    if errors(linted, places=places):
        return
    matrices = {day: Matrix(post_on(one, day) for one in linted) for day in DAYS}
    for place, _, one, day in each_place(places):
        owners = matrices[day].owners_of(place.code, one)
        assert owners is not None
        assert len({*owners.territorial.persons}) == len({*owners.functional.persons}) == 2


@given(duties=DUTIES, places=GROUNDS, part=st.sampled_from([STREET, *COMMUNITIES]))
def test_the_lint_of_a_part_says_of_it_what_the_whole_says(
    duties: list[Duty], places: list[Place], part: str
) -> None:
    inside = [place for place in places if place.code.startswith(part)]
    at, _ = told(errors(duties, part, places), inside)
    whole, _ = told(errors(duties, places=places), inside)
    assert at == whole


@given(duties=DUTIES, places=GROUNDS)
def test_findings_are_few_and_each_names_a_place_that_has_it(
    duties: list[Duty], places: list[Place]
) -> None:
    for one in errors(duties, places=places):
        there = [p for p in places if p.code.startswith(one.area_code) and alive(p, one.first_day)]
        assert 0 < one.cells <= len(there)
        assert one.first_day >= TODAY and Period(one.first_day).holds(one.last_day or DAYS[-1])
