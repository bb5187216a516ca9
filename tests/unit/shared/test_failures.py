"""Owns the proof of when a failed event is tried again, and of what is said about it."""

from datetime import timedelta

import pytest

from shared.messaging.failures import LEASE, RETRY_DELAYS, describe, next_try
from tests.factories import NOON

WAITS = [
    (1, timedelta(seconds=5)),
    (2, timedelta(seconds=30)),
    (3, timedelta(minutes=2)),
    (4, timedelta(minutes=10)),
    (5, timedelta(hours=1)),
]


@pytest.mark.parametrize(("attempts", "wait"), WAITS)
def test_each_failure_waits_longer_for_the_next_try(attempts: int, wait: timedelta):
    assert next_try(attempts, NOON) == NOON + wait


@pytest.mark.parametrize("attempts", [6, 7, 1000])
def test_after_six_tries_an_event_is_parked(attempts: int):
    assert next_try(attempts, NOON) is None


def test_there_is_a_proof_for_every_wait():
    assert tuple(wait for _, wait in WAITS) == RETRY_DELAYS
    assert timedelta(0) < LEASE


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("first\nsecond: payload"), "ValueError: first"),
        (ValueError(), "ValueError: "),
        (KeyError("a\x00b"), "KeyError: 'a\\x00b'"),
        (ValueError("a\x00b\ud800"), "ValueError: a\ufffdb\ufffd"),
        (ValueError("x" * 1000), "ValueError: " + "x" * 488),
    ],
    ids=["lines", "empty", "repr", "unstorable", "long"],
)
def test_an_error_is_told_by_its_class_and_first_line(error: Exception, text: str):
    assert describe(error) == text
