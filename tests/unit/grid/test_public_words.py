"""What the public is told of a case."""

from typing import get_args

from services.grid.domain.cases import State, Step
from services.grid.domain.public_words import STATES, STEPS


def test_every_state_and_step_has_public_words_in_both_languages() -> None:
    assert set(STATES) == set(get_args(State))
    assert set(STEPS) == set(get_args(Step))
    for words in (*STATES.values(), *STEPS.values()):
        assert words.zh and not words.zh.isascii() and words.en.isascii()
