"""Owns the proof of a person's messages: which one sees, in which words, and what was read."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from services.notifications.schemas import ListMessages, MessageView
from services.notifications.usecases.messages import (
    MOST_COUNTED,
    MessageNotFound,
    get_message,
    get_message_summary,
    list_messages,
    read_message,
)
from shared.auth.callers import Caller
from shared.auth.roles import Role
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging.topology import SERVICES
from tests.databases import SetClock
from tests.factories import COMMUNITY
from tests.tokens import bearer, client_token, token
from tests.usecases.notifications.stories import NOW, Story, deliver, heard, person
from tests.usecases.shared.parking import execute

INBOX = "/api/v1/notifications/inbox"


def listed(db: Transactions, who: Caller, **wanted: object) -> list[MessageView]:
    return db.read(list_messages, ListMessages(**wanted), who, "zh").items


def subjects(db: Transactions, who: Caller) -> list[str]:
    return [one.template for one in listed(db, who)]


def test_the_newest_message_comes_first_page_by_page(db: Transactions):
    story = Story()
    deliver(db, *map(heard, story.told()))
    who = person(story.secretary)
    whole = subjects(db, who)
    assert whole == [
        "finding_closed",
        "case_resolved",
        "case_returned",
        "case_resolved",
        "case_dispatched",
    ]
    pages, after = [], None
    while True:
        page = db.read(list_messages, ListMessages(limit=2, after=after), who, "zh")
        pages.append([one.template for one in page.items])
        if (after := page.next) is None:
            break
    assert pages == [whole[:2], whole[2:4], whole[4:]]


@pytest.mark.parametrize(
    ("role", "areas", "seen"),
    [
        ("inspector", (COMMUNITY,), True),
        ("inspector", ("3205",), True),
        ("inspector", ("110101", "320508019"), True),
        ("inspector", (COMMUNITY + "001",), False),
        ("inspector", ("320508019021",), False),
        ("inspector", (), False),
        ("grid_officer", (COMMUNITY,), False),
    ],
)
def test_what_a_role_is_told_is_seen_by_who_has_it_there(
    db: Transactions, role: Role, areas: tuple[str, ...], seen: bool
):
    deliver(db, heard(Story().reinspection_opened()))
    assert bool(listed(db, person(new_id(), role, areas=areas))) == seen


def test_an_inspector_with_a_part_in_it_is_not_asked_to_inspect_again(db: Transactions):
    story = Story()
    deliver(db, heard(story.reinspection_opened()))
    assert listed(db, person(story.inspector, "inspector")) == []
    assert len(listed(db, person(story.other_inspector, "inspector"))) == 1


def test_each_role_reaches_only_its_own_areas(db: Transactions):
    story = Story()
    deliver(db, heard(story.reinspection_opened()), heard(story.activity_published()))
    both = person(new_id(), "inspector", "volunteer")
    mixed = Caller(both.id, "person", both.areas, both.roles, None, (both.grants[0],))
    assert subjects(db, both) == ["activity_published", "reinspection_opened"]
    assert subjects(db, mixed) == ["reinspection_opened"]


def test_nobody_sees_what_is_for_another(db: Transactions):
    story = Story()
    deliver(db, heard(story.case_dispatched()))
    (own,) = listed(db, person(story.handler))
    other = person(new_id(), "grid_officer", "inspector", "volunteer", "administrator")
    assert listed(db, other) == []
    for look in (get_message, read_message):
        with pytest.raises(MessageNotFound):
            db.run(lambda s, now, look=look: _look(s, now, look, own.id, other))
    with pytest.raises(MessageNotFound):
        db.read(get_message, new_id(), person(story.handler), "zh")


def _look(session: object, now: object, look: object, message_id: UUID, who: Caller) -> object:
    more = (now,) if look is read_message else ()
    return look(session, message_id, who, "zh", *more)  # type: ignore[operator]


def test_a_message_says_what_it_is_about(db: Transactions):
    story = Story()
    deliver(db, heard(story.case_dispatched()))
    (view,) = listed(db, person(story.property_head))
    assert (view.case_id, view.finding_id, view.activity_id) == (story.case, story.finding, None)
    assert (view.area_code, view.area_name) == (COMMUNITY, "三元一村社区")
    assert (view.to_role, view.occurred_at, view.read_at) == (None, NOW, None)
    assert view.subject.startswith("【整改派单】三元一村社区：")


def test_an_area_that_is_not_known_yet_is_told_by_its_code(notifications_db: Transactions):
    story = Story()
    deliver(notifications_db, heard(story.case_dispatched()))
    (view,) = listed(notifications_db, person(story.handler))
    assert (view.area_name, COMMUNITY in view.subject) == (COMMUNITY, True)


def test_reading_is_noted_once_and_the_rest_stays_unread(db: Transactions, clock: SetClock):
    story = Story()
    deliver(db, heard(story.case_dispatched()), heard(story.case_returned()))
    who = person(story.handler)
    newest, oldest = listed(db, who)
    first = db.run(read_message, newest.id, who, "zh")
    clock.set(NOW.replace(hour=9))
    assert db.run(read_message, newest.id, who, "zh") == first
    assert first.read_at == NOW
    assert [one.id for one in listed(db, who, unread=True)] == [oldest.id]
    summary = db.read(get_message_summary, who)
    assert (summary.unread, summary.more) == (1, False)


def test_what_a_role_is_told_each_reads_for_themself(db: Transactions):
    deliver(db, heard(Story().reinspection_opened()))
    one, other = (person(new_id(), "inspector") for _ in range(2))
    (message,) = listed(db, one)
    db.run(read_message, message.id, one, "zh")
    assert db.read(get_message_summary, one).unread == 0
    assert db.read(get_message_summary, other).unread == 1


def test_counting_stops_at_a_thousand(db: Transactions):
    story = Story()
    deliver(db, heard(story.reinspection_opened()))
    execute(
        db,
        """
        WITH told AS (
            INSERT INTO announcements
                (id, template, told, area_code, subject_ids, data, occurred_at)
            SELECT gen_random_uuid(), template, told, area_code, subject_ids, data, occurred_at
            FROM announcements, generate_series(1, :more) RETURNING id)
        INSERT INTO messages (id, announcement_id, person_id, excluded_ids, created_at)
        SELECT gen_random_uuid(), id, :person, '{}', now() FROM told
        """,
        more=MOST_COUNTED + 1,
        person=story.handler,
    )
    summary = db.read(get_message_summary, person(story.handler))
    assert (summary.unread, summary.more) == (MOST_COUNTED, True)


@pytest.fixture
def http(db: Transactions, notifications_http: FlaskClient) -> FlaskClient:
    return notifications_http


def test_the_door_speaks_the_language_of_the_caller(db: Transactions, http: FlaskClient):
    story = Story()
    deliver(db, heard(story.finding_closed()))
    mine = bearer(token("inspector", subject=story.other_inspector))
    chinese = http.get(INBOX, headers=mine).json["items"][0]
    english = http.get(INBOX, headers=mine | {"Accept-Language": "en"}).json["items"][0]
    assert chinese["subject"].startswith("【问题销号】")
    assert english["subject"].startswith("[Finding closed]")
    one = f"{INBOX}/{chinese['id']}"
    assert http.get(one, headers=mine).json == chinese
    assert http.post(f"{one}/read", headers=mine).json["read_at"] is not None
    assert http.get(f"{INBOX}?unread=true", headers=mine).json["items"] == []
    assert http.get(f"{INBOX}/summary", headers=mine).json == {"unread": 0, "more": False}


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "unread=yes", "after=!", "state=x"])
def test_a_bad_question_is_refused_naming_the_parameter(http: FlaskClient, query: str):
    answer = http.get(f"{INBOX}?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [query.split("=")[0]]


def test_another_system_has_no_messages(http: FlaskClient):
    said = bearer(client_token("notifications.recipients:write", audience=SERVICES))
    assert http.get(INBOX, headers=said).status_code == 403
