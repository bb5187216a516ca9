"""Owns the proof of identifiers: version 7, unique, sorted by time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from shared.ids import first_id_of, made_at, new_id


def test_ids_are_of_version_7_and_differ():
    made = [new_id() for _ in range(10_000)]
    assert {one.version for one in made} == {7}
    assert len(set(made)) == len(made)


def test_ids_sort_as_they_were_made():
    made = [new_id() for _ in range(10_000)]
    assert all(earlier < later for earlier, later in pairwise(made))


def test_an_id_tells_when_it_was_made():
    assert abs(made_at(new_id()) - datetime.now(UTC)) < timedelta(seconds=5)


def test_all_ids_of_a_time_and_after_are_at_least_its_first():
    one = new_id()
    at = made_at(one)
    assert first_id_of(at) <= one < first_id_of(at + timedelta(milliseconds=1))
    assert made_at(first_id_of(at)) == at
