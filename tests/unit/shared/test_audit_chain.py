"""The exact form that a row's hash covers, and what a fact may be."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest

from shared.audit.chain import FIRST, Entry, canonical, require_plain
from shared.audit.verification import Mark, NoMark

AT = datetime(2026, 11, 23, 4, 0, 0, 7, tzinfo=UTC)
ENTRY: dict[str, Any] = {
    "position": 7,
    "at": AT,
    "who": "operator:张三",
    "action": "unmask",
    "subject": "person:1",
    "facts": {"tries": 2, "field": 'a"\n\x01/é', "areas": ["3205", None, True], "b": {}},
}
WRITTEN = (
    r'{"action":"unmask","at":"2026-11-23T04:00:00.000007Z","facts":{"areas":["3205",null,true],'
    r'"b":{},"field":"a\"\n\u0001/é","tries":2},"position":7,"subject":"person:1",'
    r'"who":"operator:张三"}'
).encode()


class Colour(StrEnum):
    RED = "red"


def test_an_entry_has_one_canonical_form():
    assert canonical(Entry(**ENTRY)) == WRITTEN


def test_the_hash_covers_the_previous_one_and_then_the_entry():
    expected = hashlib.sha256(bytes(31) + b"\x05" + WRITTEN).digest()
    assert Entry(**ENTRY).hash_after(bytes(31) + b"\x05") == expected
    assert Entry(**ENTRY).hash_after(FIRST) != expected


def test_the_same_moment_in_another_zone_and_other_order_of_facts_is_the_same_entry():
    there = AT.astimezone(timezone(timedelta(hours=8)))
    facts = dict(reversed(ENTRY["facts"].items()))
    assert canonical(Entry(**ENTRY | {"at": there, "facts": facts})) == WRITTEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("position", 8),
        ("at", AT + timedelta(microseconds=1)),
        ("who", "operator:李四"),
        ("action", "erase"),
        ("subject", "person:2"),
        ("facts", {}),
    ],
)
def test_every_member_of_an_entry_is_covered(name: str, value: object):
    assert canonical(Entry(**ENTRY | {name: value})) != WRITTEN


def test_facts_may_be_texts_whole_numbers_truths_nothing_and_lists_of_these():
    facts = {"a": "张三", "b": -(2**53) + 1, "c": True, "d": None, "e": ["x", 1, None], "f": ()}
    assert require_plain(facts) == facts | {"f": []}
    assert type(require_plain({"a": Colour.RED})["a"]) is str


@pytest.mark.parametrize(
    "value",
    [1.5, 2**53, -(2**53), b"x", {"a": 1}, [["x"]], {1}, AT, object(), "\x00", "\ud800", [1.5]],
    ids=repr,
)
def test_any_other_fact_is_refused(value: object):
    with pytest.raises(TypeError, match="fact reason"):
        require_plain({"reason": value})


@pytest.mark.parametrize("name", ["", "A", "1a", "a-b", "a b", "名"])
def test_a_name_of_a_fact_is_small_letters_digits_and_underscores(name: str):
    with pytest.raises(TypeError):
        require_plain({name: 1})


def test_a_mark_reads_as_it_was_written():
    mark = Mark(12, bytes(range(32)))
    assert Mark.parse(f" {mark}\n") == mark


@pytest.mark.parametrize("written", ["", "12", "12:", "12:zz", f"-1:{'0' * 64}", f"1:{'0' * 63}"])
def test_what_is_no_mark_is_refused(written: str):
    with pytest.raises(NoMark):
        Mark.parse(written)
