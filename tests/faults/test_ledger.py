"""The checker is checked: a planted loss, a planted double and a planted ghost are each found."""

from collections import Counter

import pytest

from tests.faults.ledger import Accepted, Ledger

PROMISES = {
    "inspection": {"grid: case": 1, "notifications: told": 4},
    "report": {"grid: report": 1},
}


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger(PROMISES)
    for subject in ("a", "b"):
        ledger.write(Accepted("inspection", subject, f"key-{subject}"))
    ledger.write(Accepted("report", "c", "key-c"))
    return ledger


@pytest.fixture
def kept(ledger: Ledger) -> Counter[tuple[str, str]]:
    """What a system holds that kept every promise."""
    return ledger.wanted()


def test_kept_promises_hold(ledger: Ledger, kept: Counter[tuple[str, str]]) -> None:
    verdict = ledger.compare(kept, [])
    assert verdict.holds
    assert str(verdict) == "accepted=3 lost=0 duplicated=0 unexpected=0 parked=0"


def test_a_planted_loss_is_found(ledger: Ledger, kept: Counter[tuple[str, str]]) -> None:
    del kept["grid: case", "b"]
    verdict = ledger.compare(kept, [])
    assert not verdict.holds
    assert str(verdict) == "accepted=3 lost=1 duplicated=0 unexpected=0 parked=0"
    assert str(verdict.lost[0]) == "grid: case b: 0 instead of 1"


def test_one_message_of_four_that_is_missing_is_a_loss(
    ledger: Ledger, kept: Counter[tuple[str, str]]
) -> None:
    kept["notifications: told", "a"] -= 1
    assert [str(one) for one in ledger.compare(kept, []).lost] == [
        "notifications: told a: 3 instead of 4"
    ]


def test_a_planted_double_is_found(ledger: Ledger, kept: Counter[tuple[str, str]]) -> None:
    kept["grid: report", "c"] += 1
    verdict = ledger.compare(kept, [])
    assert not verdict.holds
    assert str(verdict) == "accepted=3 lost=0 duplicated=1 unexpected=0 parked=0"


def test_a_planted_ghost_is_found(ledger: Ledger, kept: Counter[tuple[str, str]]) -> None:
    kept["grid: case", "nobody asked for it"] = 1
    verdict = ledger.compare(kept, [])
    assert not verdict.holds
    assert str(verdict) == "accepted=3 lost=0 duplicated=0 unexpected=1 parked=0"


def test_a_parked_event_is_explained_only_when_it_was_spoiled_on_purpose(
    ledger: Ledger, kept: Counter[tuple[str, str]]
) -> None:
    ledger.spoiled.add("poison")
    assert ledger.compare(kept, ["poison", "poison"]).holds
    verdict = ledger.compare(kept, ["poison", "innocent"])
    assert str(verdict) == "accepted=3 lost=0 duplicated=0 unexpected=1 parked=2"


def test_two_commands_on_one_subject_promise_the_sum(ledger: Ledger) -> None:
    ledger.write(Accepted("report", "c", "another key"))
    assert ledger.wanted()["grid: report", "c"] == 2
