"""Owns the proof of identifiers: version 7, unique, sorted by time."""

from itertools import pairwise

from shared.ids import new_id


def test_ids_are_of_version_7_and_differ():
    made = [new_id() for _ in range(10_000)]
    assert {one.version for one in made} == {7}
    assert len(set(made)) == len(made)


def test_ids_sort_as_they_were_made():
    made = [new_id() for _ in range(10_000)]
    assert all(earlier < later for earlier, later in pairwise(made))
