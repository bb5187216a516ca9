"""Owns the proof that nobody re-inspects what they had a part in, and that outcomes are final."""

from itertools import product
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspections.domain.reinspections import (
    NotIndependent,
    Outcome,
    Parties,
    ReinspectedByChecker,
    ReinspectedByFirstInspector,
    ReinspectedByRectifier,
    ReinspectedByResponsible,
    ReinspectionDecided,
    ReinspectionState,
    decided,
    require_independent,
)

# few persons, so that they meet in every combination
PERSONS = [UUID(int=number) for number in range(1, 9)]
FIRST, MENDER, CHECKER, OWNER, OTHER = PERSONS[:5]
person = st.sampled_from(PERSONS)
some = st.frozensets(person)
parties = st.builds(Parties, person, some, some, some)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (FIRST, ReinspectedByFirstInspector),
        (MENDER, ReinspectedByRectifier),
        (CHECKER, ReinspectedByChecker),
        (OWNER, ReinspectedByResponsible),
    ],
)
def test_whoever_had_a_part_is_refused_and_told_which(who: UUID, refusal: type[NotIndependent]):
    involved = Parties(FIRST, frozenset({MENDER}), frozenset({CHECKER}), frozenset({OWNER}))
    with pytest.raises(refusal) as refused:
        require_independent(who, involved)
    assert type(refused.value) is refusal
    assert "复查" in refused.value.text("zh")
    assert "another inspector" in refused.value.text("en")
    require_independent(OTHER, involved)


@given(person, parties)
def test_exactly_those_without_a_part_may_reinspect(who: UUID, involved: Parties):
    had_a_part = who == involved.first_inspector or any(
        who in them for them in (involved.rectifiers, involved.checkers, involved.responsible)
    )
    assert (who in involved.all) == had_a_part
    if had_a_part:
        with pytest.raises(NotIndependent):
            require_independent(who, involved)
    else:
        require_independent(who, involved)


@given(parties, parties, person)
def test_a_later_round_forgives_no_part_in_an_earlier_one(
    earlier: Parties, later: Parties, who: UUID
):
    both = earlier.joined(later)
    assert both.all == earlier.all | later.of_rectification
    assert both.first_inspector == earlier.first_inspector


@pytest.mark.parametrize(
    ("state", "outcome"), list(product(get_args(ReinspectionState), get_args(Outcome)))
)
def test_an_open_reinspection_is_decided_once(state: ReinspectionState, outcome: Outcome):
    if state == "open":
        assert decided(state, outcome) == outcome
    else:
        with pytest.raises(ReinspectionDecided, match=state):
            decided(state, outcome)
