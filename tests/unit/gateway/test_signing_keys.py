"""Which key signs when; no token that is good is ever of a key that nobody knows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.signing_keys import (
    LEAD,
    TAIL,
    TOKEN_LIFE,
    Lifetime,
    NoSigningKey,
    SigningKeyUnknown,
    live,
    signing,
    with_new,
    without,
)
from shared.auth.tokens import TOKEN_MINUTES

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
FIRST = Lifetime("a", NOON)


def test_a_token_lives_as_long_as_the_keys_reckon() -> None:
    assert timedelta(minutes=TOKEN_MINUTES) == TOKEN_LIFE
    assert TAIL > TOKEN_LIFE


def test_without_a_key_nobody_signs() -> None:
    with pytest.raises(NoSigningKey):
        signing([], NOON)


@pytest.mark.parametrize("before", [TICK, MINUTE])
def test_a_key_does_not_sign_before_its_time(before: timedelta) -> None:
    with pytest.raises(NoSigningKey):
        signing([FIRST], NOON - before)
    assert signing([FIRST], NOON) == FIRST


@pytest.mark.parametrize(
    ("at", "kid"),
    [(timedelta(), "a"), (LEAD - TICK, "a"), (LEAD, "b"), (LEAD + TAIL, "b"), (2 * LEAD, "b")],
)
def test_a_new_key_signs_an_hour_after_it_was_announced(at: timedelta, kid: str) -> None:
    keys = with_new([FIRST], "b", signs_from=NOON + LEAD, now=NOON)
    assert signing(keys, NOON + at).kid == kid


@pytest.mark.parametrize(
    ("at", "kids"),
    [
        (timedelta(), ["a", "b"]),
        (LEAD + TAIL - TICK, ["a", "b"]),
        (LEAD + TAIL, ["b"]),
    ],
)
def test_the_old_key_is_known_until_its_last_token_is_over(at: timedelta, kids: list[str]) -> None:
    keys = with_new([FIRST], "b", signs_from=NOON + LEAD, now=NOON)
    assert [key.kid for key in live(keys, NOON + at)] == kids


def test_a_key_whose_tokens_would_outlive_it_signs_no_more() -> None:
    ending = Lifetime("a", NOON, NOON + TAIL)
    assert signing([ending], NOON + TAIL - TOKEN_LIFE) == ending
    with pytest.raises(NoSigningKey):
        signing([ending], NOON + TAIL - TOKEN_LIFE + TICK)


def test_a_key_that_was_to_sign_later_than_the_new_one_never_does() -> None:
    pending = with_new([FIRST], "b", signs_from=NOON + LEAD, now=NOON)
    keys = with_new(pending, "c", signs_from=NOON + MINUTE, now=NOON + MINUTE)
    assert [key.kid for key in live(keys, NOON + MINUTE)] == ["a", "c"]
    assert signing(keys, NOON + LEAD).kid == "c"


def test_a_dropped_key_is_over_at_once() -> None:
    keys = without(with_new([FIRST], "b", signs_from=NOON, now=NOON), "a", NOON + MINUTE)
    assert [key.kid for key in live(keys, NOON + MINUTE)] == ["b"]


@pytest.mark.parametrize("kid", ["b", "z"])
def test_what_is_over_or_never_was_can_not_be_dropped(kid: str) -> None:
    with pytest.raises(SigningKeyUnknown):
        without([FIRST, Lifetime("b", NOON, NOON)], kid, NOON)


@given(st.lists(st.tuples(st.integers(0, 200), st.booleans()), max_size=12), st.integers(0, 400))
def test_whatever_is_rotated_when_somebody_signs_and_the_token_lives_out(
    rotations: list[tuple[int, bool]], last: int
) -> None:
    keys, now = [FIRST], NOON
    moments = []
    for number, (gap, at_once) in enumerate(rotations):
        moments.append((now, list(keys)))
        now += gap * MINUTE
        moments.append((now, list(keys)))
        begin = now if at_once else now + LEAD
        keys = with_new(keys, f"k{number:02}", signs_from=begin, now=now)
    moments += [(now, keys), (now + last * MINUTE, keys)]
    for at, known in moments:
        key = signing(known, at)
        assert key in live(known, at + TOKEN_LIFE - TICK)


@given(st.lists(st.tuples(st.integers(0, 90), st.booleans()), max_size=12))
def test_a_key_that_was_signing_is_not_cut_off_by_a_rotation(
    rotations: list[tuple[int, bool]],
) -> None:
    keys, now = [FIRST], NOON
    for number, (gap, at_once) in enumerate(rotations):
        now += gap * MINUTE
        signed_by = signing(keys, now).kid
        begin = now if at_once else now + LEAD
        keys = with_new(keys, f"k{number:02}", signs_from=begin, now=now)
        assert signed_by in [key.kid for key in live(keys, now + TOKEN_LIFE)]
        assert len([key for key in keys if key.expires_at is None]) == 1
