"""Owns the proof of who may know who came covertly."""

from typing import get_args
from uuid import UUID

import pytest

from services.inspections.domain.reinspections import Parties
from services.inspections.domain.secrecy import may_see_inspector, told_excluded, told_inspector
from shared.auth.claims import Grant
from shared.auth.roles import EVERYONE, Role
from shared.contracts.inspections import InspectionMode

HOME = "320508019020"
INSPECTOR, VIEWER, MENDER, CHECKER = (UUID(int=number) for number in range(1, 5))
PARTIES = Parties(INSPECTOR, frozenset({MENDER}), frozenset({CHECKER}))


@pytest.mark.parametrize("mode", get_args(InspectionMode))
def test_only_a_covert_inspector_stays_unsaid(mode: InspectionMode):
    assert told_inspector(mode, INSPECTOR) == (None if mode == "covert" else INSPECTOR)
    involved = [MENDER, CHECKER] if mode == "covert" else [INSPECTOR, MENDER, CHECKER]
    assert told_excluded(mode, PARTIES) == involved


@pytest.mark.parametrize("mode", ["open", "spot"])
def test_everyone_sees_who_came_openly(mode: InspectionMode):
    assert may_see_inspector(mode, INSPECTOR, VIEWER, HOME, ())


@pytest.mark.parametrize("role", EVERYONE)
def test_who_came_covertly_is_seen_by_those_who_sent_them(role: Role):
    def sees(*areas: str) -> bool:
        return may_see_inspector("covert", INSPECTOR, VIEWER, HOME, [Grant(role, areas)])

    assert sees("320508") == (role in ("district_office", "committee"))
    assert not sees("320507")
    assert not sees()


def test_a_covert_inspector_sees_their_own_inspection_and_a_client_none():
    assert may_see_inspector("covert", INSPECTOR, INSPECTOR, HOME, ())
    assert not may_see_inspector("covert", INSPECTOR, VIEWER, HOME, ())
