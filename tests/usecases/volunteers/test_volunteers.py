"""Owns the proof of what is held on volunteers: sealed, masked, shown with a reason, erased."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from services.volunteers.domain.identity import (
    AlreadyErased,
    AlreadyVolunteer,
    IdNumberMalformed,
    IdNumberTaken,
    VolunteerUnknown,
)
from services.volunteers.domain.sign_ups import NotAVolunteer
from services.volunteers.schemas.volunteers import (
    EraseVolunteer,
    ListVolunteers,
    OwnVolunteerView,
    RegisterVolunteer,
    UnmaskVolunteer,
)
from services.volunteers.usecases.activity_reading import get_activity
from services.volunteers.usecases.areas import CommunityUnknown
from services.volunteers.usecases.volunteer_reading import (
    export_own_volunteer,
    get_own_volunteer,
    get_volunteer,
    list_volunteers,
)
from services.volunteers.usecases.volunteers import (
    NothingHeld,
    erase_volunteer,
    register_volunteer,
    unmask_volunteer,
)
from shared.audit.verification import verify
from shared.auth.callers import AreaNotGranted
from shared.contracts.volunteers import VolunteerRegisteredV1
from shared.database import Transactions
from shared.ids import new_id
from shared.privacy.personal import PersonErased
from shared.privacy.reasons import ReasonMissing
from tests.databases import SetClock
from tests.factories import COMMUNITY
from tests.observe import outbox_of
from tests.tokens import somebody
from tests.usecases.volunteers.stories import (
    END,
    ID_NUMBER,
    NEIGHBOUR,
    NOW,
    START,
    at_once,
    checks_in,
    checks_out,
    counts,
    published,
    registered,
    rows,
    signed_up,
)

BOSS = UUID(int=7)
HERE = somebody(COMMUNITY, subject=BOSS)
GONE = EraseVolunteer(reason="本人申请")
AUDIT = "SELECT who, action, subject, facts FROM audit_log ORDER BY position"


def test_a_person_registers_themself_and_that_is_said_without_who_they_are(db: Transactions):
    person = new_id()
    made = registered(db, person, id_number=ID_NUMBER)
    assert made == OwnVolunteerView(
        id=person,
        area_code=COMMUNITY,
        real_name="朱婷",
        id_number="1101**********002X",
        registered_at=NOW,
        version=1,
    )
    assert db.read(get_own_volunteer, person) == made
    said = VolunteerRegisteredV1(
        volunteer_id=person, area_code=COMMUNITY, registered_at=NOW, version=1
    )
    assert outbox_of(db) == [("volunteer_registered.v1", said)]


def test_neither_name_nor_number_lies_open_in_any_table(db: Transactions):
    registered(db, id_number=ID_NUMBER)
    for table in counts(db):
        for row in rows(db, f"SELECT CAST({table} AS text) FROM {table}"):
            for secret in ("朱婷", ID_NUMBER, "朱婷".encode().hex(), ID_NUMBER.encode().hex()):
                assert secret not in row[0]


def test_one_registers_once(db: Transactions):
    person = registered(db).id
    before = counts(db)
    with pytest.raises(AlreadyVolunteer):
        registered(db, person, name="朱婷婷")
    assert counts(db) == before


def test_a_number_belongs_to_one_person(db: Transactions):
    registered(db, id_number=ID_NUMBER)
    before = counts(db)
    with pytest.raises(IdNumberTaken):
        registered(db, name="叶兰芳", id_number=ID_NUMBER.lower())
    assert counts(db) == before
    for _ in range(2):
        registered(db, id_number=None)


def test_of_two_who_register_at_once_one_is_refused(db: Transactions):
    person = new_id()
    outcomes = at_once(*[lambda: registered(db, person)] * 2)
    assert sorted(type(o).__name__ for o in outcomes) == ["AlreadyVolunteer", "OwnVolunteerView"]
    outcomes = at_once(*[lambda: registered(db, id_number=ID_NUMBER)] * 2)
    assert sorted(type(o).__name__ for o in outcomes) == ["IdNumberTaken", "OwnVolunteerView"]
    assert counts(db)["volunteers"] == 2


def test_a_wrong_registration_leaves_no_trace(db: Transactions):
    before = counts(db)
    with pytest.raises(IdNumberMalformed):
        registered(db, id_number="110105194912310021")
    with pytest.raises(CommunityUnknown):
        registered(db, area_code="320508019099")
    with pytest.raises(AreaNotGranted):
        request = RegisterVolunteer(area_code=NEIGHBOUR, real_name="朱婷")
        db.run(register_volunteer, request, HERE)
    assert counts(db) == before


def test_staff_see_volunteers_of_their_areas_masked(db: Transactions, clock: SetClock):
    first = registered(db, id_number=ID_NUMBER)
    clock.set(NOW + timedelta(minutes=1))
    second = registered(db, name="欧阳兰芳")
    far = registered(db, area_code=NEIGHBOUR)
    page = db.read(list_volunteers, ListVolunteers(), HERE)
    shown = [(one.id, one.real_name, one.id_number) for one in page.items]
    assert shown == [(second.id, "欧阳**", None), (first.id, "朱*", "1101**********002X")]
    assert db.read(get_volunteer, first.id, HERE) == page.items[1]
    for unknown in (far.id, new_id()):
        with pytest.raises(VolunteerUnknown):
            db.read(get_volunteer, unknown, HERE)
    everywhere = somebody()
    wanted = ListVolunteers(area=NEIGHBOUR)
    assert [one.id for one in db.read(list_volunteers, wanted, everywhere).items] == [far.id]


def test_pages_of_volunteers_hold_each_once(db: Transactions):
    made = {registered(db).id for _ in range(5)}
    first = db.read(list_volunteers, ListVolunteers(limit=3), HERE)
    rest = db.read(list_volunteers, ListVolunteers(limit=3, after=first.next), HERE)
    assert {one.id for one in first.items + rest.items} == made
    assert rest.next is None


@pytest.mark.parametrize(("what", "value"), [("real_name", "朱婷"), ("id_number", ID_NUMBER)])
def test_one_thing_is_unmasked_for_a_reason_that_the_audit_keeps(
    db: Transactions, what: str, value: str
):
    person = registered(db, id_number=ID_NUMBER).id
    asked = UnmaskVolunteer(what=what, reason="核对保险名单")  # type: ignore[arg-type]
    assert db.run(unmask_volunteer, person, asked, HERE).value == value
    facts = {"field": f"volunteers.{what}", "reason": "核对保险名单"}
    assert rows(db, AUDIT) == [(str(BOSS), "unmask", f"person:{person}", facts)]
    assert db.read(verify).why == ""


def test_nothing_is_unmasked_elsewhere_without_reason_or_without_value(db: Transactions):
    near, far = registered(db).id, registered(db, area_code=NEIGHBOUR).id
    why = UnmaskVolunteer(what="real_name", reason="核对")
    with pytest.raises(VolunteerUnknown):
        db.run(unmask_volunteer, far, why, HERE)
    with pytest.raises(ReasonMissing):
        db.run(unmask_volunteer, near, UnmaskVolunteer(what="real_name", reason="　"), HERE)
    with pytest.raises(NothingHeld):
        db.run(unmask_volunteer, near, UnmaskVolunteer(what="id_number", reason="核对"), HERE)
    assert rows(db, AUDIT) == []


def test_one_is_told_all_that_is_held_on_oneself(db: Transactions):
    person = registered(db, id_number=ID_NUMBER).id
    told = db.run(export_own_volunteer, person)
    held = {(one.table, one.column): one.value for one in told.held}
    assert held == {
        ("volunteers", "real_name"): "朱婷",
        ("volunteers", "id_number"): ID_NUMBER,
    }
    assert [(row[1], row[2]) for row in rows(db, AUDIT)] == [
        ("export_volunteer", f"person:{person}")
    ]
    assert db.run(export_own_volunteer, new_id()).held == []


def test_an_erased_volunteer_is_nobody_for_ever_and_the_hours_stay(
    db: Transactions, clock: SetClock
):
    person = registered(db, id_number=ID_NUMBER).id
    done, coming = published(db), published(db, starts_at=END, ends_at=END + timedelta(hours=1))
    for one in (done, coming):
        signed_up(db, person, one.id)
    clock.set(START)
    checks_in(db, person, done.id)
    clock.set(END - timedelta(minutes=1))
    checks_out(db, person, done.id)
    gone = db.run(erase_volunteer, person, GONE, BOSS)
    assert (gone.state, gone.real_name, gone.id_number) == ("erased", None, None)
    assert db.run(get_activity, coming.id).places_left == 5
    assert rows(db, "SELECT volunteer_id, minutes FROM hours_entries") == [(person, 119)]
    assert rows(db, "SELECT id_number_index FROM volunteers") == [(None,)]
    with pytest.raises(VolunteerUnknown):
        db.read(get_own_volunteer, person)
    with pytest.raises(PersonErased):
        asked = UnmaskVolunteer(what="real_name", reason="核对")
        db.run(unmask_volunteer, person, asked, HERE)
    with pytest.raises(PersonErased):
        registered(db, person)
    with pytest.raises(NotAVolunteer):
        signed_up(db, person, coming.id)
    told = db.run(export_own_volunteer, person)
    assert (told.held, told.erased_at is not None) == ([], True)
    registered(db, name="同一人的新账号", id_number=ID_NUMBER)


def test_a_volunteer_is_erased_once_and_for_a_reason(db: Transactions):
    person = registered(db).id
    with pytest.raises(VolunteerUnknown):
        db.run(erase_volunteer, new_id(), GONE, BOSS)
    with pytest.raises(ReasonMissing):
        db.run(erase_volunteer, person, EraseVolunteer(reason=" "), BOSS)
    db.run(erase_volunteer, person, GONE, BOSS)
    with pytest.raises(AlreadyErased):
        db.run(erase_volunteer, person, GONE, BOSS)
    assert [row[1] for row in rows(db, AUDIT)] == ["erase_person"]


def test_erasing_and_signing_up_at_once_leaves_no_place_taken(db: Transactions):
    for _ in range(3):
        person, called = registered(db).id, published(db)
        at_once(
            partial(db.run, erase_volunteer, person, GONE, BOSS),
            partial(signed_up, db, person, called.id),
        )
        assert db.run(get_activity, called.id).places_left == 5
