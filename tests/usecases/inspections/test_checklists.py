"""Owns the proof of checklist versions (feature 20): old ones stay, the same content is one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from services.inspections.domain.checklists import ItemCodeDoubled, ItemTitleDoubled
from services.inspections.schemas import PageRequest, PublishChecklist
from services.inspections.usecases.checklists import (
    ChecklistNotFound,
    get_checklist,
    list_checklists,
    publish_checklist,
)
from shared.database import Transactions
from shared.errors import Rejected
from tests.databases import SetClock
from tests.usecases.inspections.stories import MANHOLES, NOW, PARKING, PILING, checklist, rows


def test_a_new_checklist_is_version_1(db: Transactions):
    published = db.run(publish_checklist, checklist())
    assert published.is_new
    assert published.checklist == db.read(get_checklist, "compound-order", None)
    assert published.checklist.version == 1
    assert published.checklist.points_possible == 50
    assert published.checklist.published_at == NOW
    assert [item.code for item in published.checklist.items] == [
        "no-parking",
        "no-piling",
        "manholes",
    ]


def test_other_content_is_the_next_version_and_the_old_one_stays(db: Transactions, clock: SetClock):
    first = db.run(publish_checklist, checklist()).checklist
    clock.set(NOW + timedelta(days=1))
    second = db.run(publish_checklist, checklist(PARKING, replace(PILING, points=16))).checklist
    assert (second.version, second.points_possible) == (2, 26)
    assert db.read(get_checklist, "compound-order", None) == second
    assert db.read(get_checklist, "compound-order", 2) == second
    assert db.read(get_checklist, "compound-order", 1) == first


def test_identical_content_returns_the_current_version_and_changes_nothing(
    db: Transactions, clock: SetClock
):
    first = db.run(publish_checklist, checklist()).checklist
    before = rows(db)
    clock.set(NOW + timedelta(days=1))
    again = db.run(publish_checklist, checklist(title=" 小区环境秩序检查表 "))
    assert (again.is_new, again.checklist) == (False, first)
    assert rows(db) == before


def test_going_back_to_old_content_is_a_new_version(db: Transactions):
    contents = (checklist(), checklist(PARKING), checklist())
    versions = [db.run(publish_checklist, content).checklist.version for content in contents]
    assert versions == [1, 2, 3]


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (checklist(PARKING, PARKING), ItemCodeDoubled),
        (checklist(PARKING, replace(PILING, title=PARKING.title)), ItemTitleDoubled),
    ],
)
def test_a_refused_checklist_changes_nothing(
    db: Transactions, request_: PublishChecklist, refusal: type[Rejected]
):
    db.run(publish_checklist, checklist())
    before = rows(db)
    with pytest.raises(refusal):
        db.run(publish_checklist, request_)
    assert rows(db) == before


def at_once(
    db: Transactions, count: int, content: Callable[[int], PublishChecklist]
) -> list[tuple[int, bool]]:
    start = Barrier(count)

    def publish(number: int) -> tuple[int, bool]:
        start.wait()
        published = db.run(publish_checklist, content(number))
        return published.checklist.version, published.is_new

    with ThreadPoolExecutor(count) as threads:
        return sorted(threads.map(publish, range(count)))


@pytest.mark.parametrize("exists", [False, True])
def test_different_contents_at_once_make_one_version_each(db: Transactions, exists: bool):
    if exists:
        db.run(publish_checklist, checklist(MANHOLES))
    made = at_once(db, 6, lambda number: checklist(replace(PARKING, points=20 + number)))
    assert made == [(version + exists, True) for version in range(1, 7)]


def test_the_same_content_at_once_makes_one_version(db: Transactions):
    assert at_once(db, 6, lambda _: checklist()) == [(1, False)] * 5 + [(1, True)]
    assert rows(db)["checklist_versions"] == 1


@pytest.mark.parametrize(("code", "version"), [("unheard-of", None), ("compound-order", 2)])
def test_an_unknown_checklist_or_version_is_not_found(
    db: Transactions, code: str, version: int | None
):
    db.run(publish_checklist, checklist())
    with pytest.raises(ChecklistNotFound):
        db.read(get_checklist, code, version)


def test_the_list_shows_current_versions_by_code_in_pages(db: Transactions):
    for code in ("c", "a", "b"):
        db.run(publish_checklist, replace(checklist(PARKING), code=code))
    db.run(publish_checklist, replace(checklist(PILING), code="b"))
    first = db.read(list_checklists, PageRequest(limit=2))
    second = db.read(list_checklists, PageRequest(limit=2, after=first.next))
    shown = [(view.code, view.version) for view in first.items + second.items]
    assert shown == [("a", 1), ("b", 2), ("c", 1)]
    assert second.next is None
