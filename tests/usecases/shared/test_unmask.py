"""Owns the proof of the look behind the mask: never without a reason, never without a trace."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from shared.database import Transactions
from shared.errors import Rejected
from shared.ids import new_id
from shared.privacy.erasure import erase_person
from shared.privacy.personal import PersonErased
from shared.privacy.reasons import ReasonMissing
from shared.privacy.sealing import SealBroken
from shared.privacy.unmask import unmask
from tests.databases import KEYRING
from tests.usecases.shared.people import (
    BOSS,
    FIELDS,
    NAME,
    NOW,
    PHONE,
    resident,
    rows,
    sealed_phone,
    with_residents,
)

AUDIT = "SELECT who, action, subject, facts, at FROM audit_log ORDER BY position"


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    return with_residents(grid_db)


def look(session: Session, person: UUID, sealed: bytes, reason: str, field: str = PHONE) -> str:
    return unmask(
        session,
        KEYRING,
        who=BOSS,
        person_id=person,
        field=field,
        sealed=sealed,
        reason=reason,
        now=NOW,
    )


def test_a_look_with_a_reason_is_in_the_audit_without_what_was_seen(db: Transactions):
    person = resident(db, phone="13800138000")
    assert db.change(look, person, sealed_phone(db, person), " 核实上门时间 ") == "13800138000"
    facts = {"field": PHONE, "reason": "核实上门时间"}
    assert rows(db, AUDIT) == [(str(BOSS), "unmask", f"person:{person}", facts, NOW)]
    assert "13800138000" not in str(rows(db, "SELECT audit_log::text FROM audit_log"))


@pytest.mark.parametrize("reason", ["", " \n\t　", "x" * 501, "a\x00", "\ud800"], ids=repr)
def test_a_look_without_a_reason_is_refused_and_leaves_no_trace(db: Transactions, reason: str):
    person = resident(db)
    with pytest.raises(ReasonMissing) as refusal:
        db.change(look, person, sealed_phone(db, person), reason)
    assert (refusal.value.status, refusal.value.field) == (422, "reason")
    assert rows(db, AUDIT) == []


@pytest.mark.parametrize("reason", ["x", "理" * 500])
def test_a_reason_has_one_to_500_characters(db: Transactions, reason: str):
    person = resident(db)
    db.change(look, person, sealed_phone(db, person), reason)
    assert [facts["reason"] for _, _, _, facts, _ in rows(db, AUDIT)] == [reason]


def test_a_look_that_sees_nothing_is_not_in_the_audit(db: Transactions):
    person, erased = resident(db), resident(db)
    value, gone = sealed_phone(db, person), sealed_phone(db, erased)
    db.change(lambda s: erase_person(s, FIELDS, erased, by=BOSS, reason="本人要求", now=NOW))
    with pytest.raises(PersonErased):
        db.change(look, erased, gone, "核实")
    with pytest.raises(SealBroken):
        db.change(look, person, value, "核实", NAME)
    assert [action for _, action, *_ in rows(db, AUDIT)] == ["erase_person"]


def test_a_use_case_that_fails_after_the_look_showed_nothing_and_left_no_trace(db: Transactions):
    person = resident(db)

    def look_and_fail(session: Session, sealed: bytes) -> Any:
        look(session, person, sealed, "核实")
        raise Rejected

    with pytest.raises(Rejected):
        db.change(look_and_fail, sealed_phone(db, person))
    assert rows(db, AUDIT) == []


def test_an_unknown_person_is_nobody_whose_data_was_erased(db: Transactions):
    person = resident(db)
    with pytest.raises(SealBroken):
        db.change(look, new_id(), sealed_phone(db, person), "核实")
    assert rows(db, AUDIT) == []
