"""Owns the proof of when an activity may take place, and what becomes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest

from services.volunteers.domain.activities import (
    MOVES,
    ActivityBegun,
    ActivityMoveNotAllowed,
    ActivityState,
    CaseAlreadyClosed,
    CaseNotKnown,
    EndsBeforeStart,
    KnownCase,
    LastsTooLong,
    StartsInPast,
    StartsTooFarAhead,
    cancelled,
    check_case,
    check_times,
    state_at,
)
from services.volunteers.domain.kinds import EVERY_KIND, KINDS
from shared.contracts import schema_of
from shared.contracts.volunteers import ActivityPublishedV1
from shared.ids import new_id

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAYS_90 = timedelta(days=90)
CASE = KnownCase(new_id(), "320508202611230000019", "320508019020", True)


@pytest.mark.parametrize(
    ("starts_in", "lasts"),
    [(TICK, HOUR), (DAYS_90, HOUR), (HOUR, TICK), (HOUR, timedelta(hours=12))],
)
def test_an_activity_at_the_edges_of_what_is_allowed_is_accepted(
    starts_in: timedelta, lasts: timedelta
):
    check_times(NOW + starts_in, NOW + starts_in + lasts, NOW)


@pytest.mark.parametrize(
    ("starts_in", "lasts", "refusal", "field"),
    [
        (timedelta(0), HOUR, StartsInPast, "starts_at"),
        (-TICK, HOUR, StartsInPast, "starts_at"),
        (DAYS_90 + TICK, HOUR, StartsTooFarAhead, "starts_at"),
        (HOUR, timedelta(0), EndsBeforeStart, "ends_at"),
        (HOUR, -TICK, EndsBeforeStart, "ends_at"),
        (HOUR, timedelta(hours=12) + TICK, LastsTooLong, "ends_at"),
    ],
)
def test_an_activity_past_the_edges_is_refused_naming_the_field(
    starts_in: timedelta, lasts: timedelta, refusal: type[Exception], field: str
):
    with pytest.raises(refusal) as refused:
        check_times(NOW + starts_in, NOW + starts_in + lasts, NOW)
    assert refused.value.field == field  # type: ignore[attr-defined]


def test_times_of_another_zone_are_the_same_times():
    china = timezone(timedelta(hours=8))
    with pytest.raises(StartsInPast):
        check_times(NOW.astimezone(china), NOW + HOUR, NOW)


def test_an_activity_is_called_for_an_open_case_of_its_community():
    check_case(CASE, "320508019020")
    for other in (None, replace(CASE, area_code="320508019019")):
        with pytest.raises(CaseNotKnown):
            check_case(other, "320508019020")
    with pytest.raises(CaseAlreadyClosed, match=CASE.number):
        check_case(replace(CASE, is_open=False), "320508019020")


def test_a_published_activity_has_ended_from_its_end_on():  # V12
    assert state_at("published", NOW, NOW - TICK) == "published"
    assert state_at("published", NOW, NOW) == "ended"
    assert state_at("cancelled", NOW, NOW + HOUR) == "cancelled"


@pytest.mark.parametrize("state", get_args(ActivityState))
def test_only_a_published_activity_is_called_off(state: ActivityState):  # V12
    if "cancel" in MOVES[state]:
        assert state == "published"
        assert cancelled(state, NOW + TICK, NOW) == "cancelled"
    else:
        with pytest.raises(ActivityMoveNotAllowed):
            cancelled(state, NOW + TICK, NOW)


@pytest.mark.parametrize("begun_for", [timedelta(0), TICK, HOUR])
def test_an_activity_that_has_begun_is_not_called_off(begun_for: timedelta):
    with pytest.raises(ActivityBegun):
        cancelled("published", NOW - begun_for, NOW)


def test_every_kind_has_a_name_in_both_languages_and_can_be_said():
    assert set(KINDS) == set(EVERY_KIND)
    assert len({zh for zh, _ in KINDS.values()}) == len({en for _, en in KINDS.values()}) == 18
    field = schema_of(ActivityPublishedV1).fields["kind"]
    for kind in EVERY_KIND:
        assert field.deserialize(kind) == kind


def test_clean_up_and_order_keeping_are_kinds():  # V31
    assert KINDS["environment_cleanup"][0] == "整治环境卫生"
    assert KINDS["order_keeping"][0] == "维护社会稳定"


def test_the_seven_services_of_the_plan_are_kinds():  # V32
    plan = "送温暖 献爱心 助学 助残 扶贫济困 无偿献血 保护环境 美化家园"
    assert set(plan.split()) <= {zh for zh, _ in KINDS.values()}


def test_the_three_themes_of_knowledge_are_kinds():  # V14
    plan = "科技 法律 卫生"
    assert {f"{theme}知识宣传" for theme in plan.split()} <= {zh for zh, _ in KINDS.values()}


def test_those_whom_volunteers_care_for_are_kinds():  # V15
    plan = "空巢老人 留守儿童 农民工 残疾人"
    assert {f"关爱{whom}" for whom in plan.split()} <= {zh for zh, _ in KINDS.values()}
