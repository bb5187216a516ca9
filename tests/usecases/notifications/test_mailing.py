"""Owns the proof of e-mail: real SMTP, each message once, tried again, given up, never doubled."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from services.notifications.domain.deliveries import LEASE, MOST_ATTEMPTS
from services.notifications.post_office import AT_ONCE, send_due
from services.notifications.schemas import Channels
from services.notifications.smtp import SmtpServer
from services.notifications.usecases.mailing import (
    Posted,
    Taken,
    backlog,
    give_back,
    settle_letter,
    take_letters,
)
from shared.clock import real_now
from shared.contracts.notifications import MessageFailedV1
from shared.database import Transactions
from shared.ids import new_id
from shared.messaging.patience import PatientTransactions
from tests.observe import outbox_of
from tests.tokens import bearer, token
from tests.usecases.notifications.mail_servers import MailServer, mail_server, secure_mail_server
from tests.usecases.notifications.stories import Story, deliver, heard, reachable
from tests.usecases.shared.parking import execute

ROOT = "/api/v1/notifications/deliveries"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def dispatched(db: Transactions, *addresses: str) -> Story:
    """Let a case be dispatched whose owners have these addresses."""
    story = Story()
    owners = (story.handler, story.secretary, story.property_head)
    for person_id, address in zip(owners, addresses, strict=False):
        reachable(db, person_id, address)
    deliver(db, heard(story.case_dispatched()))
    return story


def send(db: Transactions, server: MailServer, seconds: float = 20.0) -> bool:
    return send_due(SmtpServer(server.settings, seconds), PatientTransactions(db))


def states(db: Transactions) -> list[tuple[Any, ...]]:
    """Return (state, attempts, answer, failure) of each delivery, in the order of making."""
    with db.engine.connect() as connection:
        found = connection.execute(
            text("SELECT state, attempts, answer, failure FROM deliveries ORDER BY id")
        )
        return [tuple(row) for row in found]


# N04
def test_an_owner_with_an_address_gets_an_e_mail_and_the_others_do_not(
    db: Transactions, mail: MailServer
):
    dispatched(db, "chen@wuye.example.cn")
    send(db, mail)
    assert mail.behaviour.recipients == ["chen@wuye.example.cn"]
    (message,) = mail.behaviour.taken
    assert message["Subject"] == (
        "【整改派单】三元一村社区：楼道内无堵塞、无堆放杂物，请于11月28日24时前办结"
    )
    assert message["From"] == "邻里 <linli@linli.example>"
    assert message["To"] == "chen@wuye.example.cn"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@linli.example>")
    assert message["Date"].datetime.tzinfo is not None
    assert message.get_content_type() == "text/plain"
    body = message.get_content()
    assert "案件编号 320508202611230000019" in body and "请勿直接回复" in body
    assert states(db) == [("sent", 1, "accepted", None)]


def test_what_was_sent_is_not_sent_again(db: Transactions, mail: MailServer):
    dispatched(db, "chen@wuye.example.cn")
    assert [send(db, mail), send(db, mail)] == [False, False]
    assert len(mail.behaviour.taken) == 1


def test_a_recipient_reads_in_the_language_they_chose(db: Transactions, mail: MailServer):
    story = Story()
    reachable(db, story.handler, "chen@wuye.example.cn", language="en")
    deliver(db, heard(story.case_dispatched()))
    send(db, mail)
    (message,) = mail.behaviour.taken
    assert message["Subject"].startswith("[Rectification] 三元一村社区: ")
    assert "replies are not read" in message.get_content()


def test_a_title_with_line_breaks_makes_no_header(db: Transactions, mail: MailServer):
    story = Story()
    reachable(db, story.handler, "chen@wuye.example.cn")
    deliver(db, heard(story.case_dispatched(title="垃圾\r\nBcc: everyone@example.cn\r\n\r\n恶意")))
    send(db, mail)
    (message,) = mail.behaviour.taken
    assert (message["Bcc"], mail.behaviour.recipients) == (None, ["chen@wuye.example.cn"])
    assert "垃圾 Bcc: everyone@example.cn 恶意" in message["Subject"]


def test_only_messages_that_come_after_the_address_are_sent(db: Transactions):
    story = dispatched(db)
    reachable(db, story.handler, "chen@wuye.example.cn")
    assert states(db) == []
    deliver(db, heard(story.case_returned()))
    assert [state for state, *_ in states(db)] == ["waiting"]


def test_who_wants_no_e_mail_any_more_gets_none(db: Transactions, mail: MailServer):
    story = dispatched(db, "chen@wuye.example.cn")
    reachable(db, story.handler, "chen@wuye.example.cn", channels=Channels(email=False))
    send(db, mail)
    assert (mail.behaviour.taken, states(db)) == ([], [("cancelled", 0, None, None)])
    deliver(db, heard(story.case_returned()))
    assert len(states(db)) == 1


def test_a_refused_recipient_is_given_up_at_once_and_the_others_get_theirs(
    db: Transactions, mail: MailServer
):
    dispatched(db, "gone.chen@example.cn", "xu@example.cn", "strict@example.cn")
    send(db, mail)
    assert mail.behaviour.recipients == ["xu@example.cn"]
    assert sorted(states(db)) == [
        ("failed", 1, "content refused with 554", "refused"),
        ("failed", 1, "recipient refused with 550", "refused"),
        ("sent", 1, "accepted", None),
    ]
    said = [data for _, data in outbox_of(db)]
    assert [(type(one), one.channel, one.reason) for one in said] == [
        (MessageFailedV1, "email", "refused")
    ] * 2


def test_a_deferred_recipient_is_tried_again_after_half_a_minute(
    db: Transactions, mail: MailServer
):
    dispatched(db, "busy.chen@example.cn")
    before = real_now()
    send(db, mail)
    assert states(db) == [("waiting", 1, "recipient deferred with 451", None)]
    with db.engine.connect() as connection:
        (due,) = connection.execute(text("SELECT due_at FROM deliveries")).one()
    assert timedelta(seconds=30) <= due - before < timedelta(seconds=60)
    assert outbox_of(db) == []


def test_a_server_that_is_away_lets_everything_wait(db: Transactions):
    dispatched(db, "chen@example.cn", "xu@example.cn")
    with mail_server() as server:
        pass
    send(db, server)
    assert states(db) == [("waiting", 1, "ConnectionRefusedError", None)] * 2


def test_a_server_that_hangs_lets_everything_wait(db: Transactions, mail: MailServer):
    dispatched(db, "silent.chen@example.cn", "silent.xu@example.cn")
    send(db, mail, seconds=0.3)
    assert [state for state, *_ in states(db)] == ["waiting"] * 2


def test_a_server_that_closes_the_connection_lets_everything_wait(db: Transactions):
    dispatched(db, "chen@example.cn")
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:
        closed = threads.submit(lambda: listener.accept()[0].close())
        with mail_server() as server:
            pass
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}?starttls=never"
        send(db, MailServer(server.behaviour, url))
        closed.result()
    ((state, attempts, answer, _),) = states(db)
    assert (state, attempts) == ("waiting", 1)
    assert answer in ("SMTPServerDisconnected", "ConnectionResetError")


def test_the_way_is_encrypted_and_the_server_known_before_anything_is_said(
    db: Transactions, tmp_path: Path
):
    dispatched(db, "chen@example.cn")
    with secure_mail_server(tmp_path) as server:
        send(db, server)
    assert (server.behaviour.recipients, server.behaviour.secured) == (["chen@example.cn"], [True])


def test_a_server_without_starttls_gets_nothing(db: Transactions):
    dispatched(db, "chen@example.cn")
    with mail_server("") as server:
        send(db, server)
    assert server.behaviour.taken == []
    assert states(db) == [("waiting", 1, "SMTPNotSupportedError", None)]


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    db: Transactions, tmp_path: Path
):
    dispatched(db, "chen@example.cn")
    with secure_mail_server(tmp_path) as server:
        send(db, MailServer(server.behaviour, server.url))
    assert server.behaviour.taken == []
    assert states(db) == [("waiting", 1, "SSLCertVerificationError", None)]


def test_a_wrong_password_lets_everything_wait(db: Transactions, tmp_path: Path):
    dispatched(db, "chen@example.cn")
    with secure_mail_server(tmp_path) as server:
        url = server.url.replace("geheim", "falsch")
        send(db, MailServer(server.behaviour, url, server.authority))
    assert (server.behaviour.taken, [state for state, *_ in states(db)]) == ([], ["waiting"])


def taken(db: Transactions, now: datetime) -> Taken:
    return db.change(take_letters, now, AT_ONCE)


def test_a_letter_lost_with_its_worker_is_sent_again_under_the_same_id(
    db: Transactions, mail: MailServer
):
    dispatched(db, "chen@example.cn")
    now = real_now()
    server = SmtpServer(mail.settings)
    (lost,) = taken(db, now).letters
    list(server.post([lost]))  # and the worker dies before it can say so
    assert taken(db, now + LEASE - timedelta(seconds=1)).letters == []
    (again,) = taken(db, now + LEASE).letters
    (posted,) = server.post([again])
    assert db.change(settle_letter, posted, now + LEASE) == "sent"
    assert len(mail.ids) == 2 and len(set(mail.ids)) == 1
    first, second = (bytes(message) for message in mail.behaviour.taken)
    assert first == second


def test_a_worker_slower_than_its_lease_changes_nothing_but_by_having_sent(db: Transactions):
    dispatched(db, "chen@example.cn")
    now = real_now()
    (slow,) = taken(db, now).letters
    (other,) = taken(db, now + LEASE).letters
    late = Posted(slow.delivery_id, slow.attempt, "unreachable", "TimeoutError")
    assert db.change(settle_letter, late, now + LEASE) is None
    db.change(give_back, [slow], now + LEASE)
    assert [state for state, *_ in states(db)] == ["sending"]
    sent = Posted(slow.delivery_id, slow.attempt, "sent", "accepted")
    assert db.change(settle_letter, sent, now + LEASE) == "sent"
    assert db.change(settle_letter, Posted(other.delivery_id, 2, "unreachable", ""), now) is None
    assert [state for state, *_ in states(db)] == ["sent"]


def test_what_a_stopping_worker_did_not_come_to_is_not_counted_as_tried(db: Transactions):
    dispatched(db, "chen@example.cn")
    now = real_now()
    db.change(give_back, taken(db, now).letters, now)
    assert states(db) == [("waiting", 0, None, None)]
    assert len(taken(db, now).letters) == 1


def test_a_stopping_worker_ends_after_the_letter_in_hand(db: Transactions, mail: MailServer):
    dispatched(db, "chen@example.cn", "xu@example.cn", "zhu@example.cn")
    transactions = PatientTransactions(db)
    transactions.stop()
    assert send_due(SmtpServer(mail.settings), transactions) is False
    assert sorted(state for state, *_ in states(db)) == ["sent", "waiting", "waiting"]


def test_after_the_last_try_a_message_is_given_up_and_that_is_said(db: Transactions):
    dispatched(db, "chen@example.cn")
    now, waits = real_now(), []
    for _ in range(MOST_ATTEMPTS):
        (letter,) = taken(db, now).letters
        db.change(
            settle_letter, Posted(letter.delivery_id, letter.attempt, "unreachable", "x"), now
        )
        with db.engine.connect() as connection:
            (due,) = connection.execute(text("SELECT due_at FROM deliveries")).one()
        waits.append((due - now).total_seconds())
        now = due
    assert waits == [30, 120, 600, 3_600, 21_600, 0]
    assert states(db) == [("failed", MOST_ATTEMPTS, "x", "unreachable")]
    assert [data.reason for _, data in outbox_of(db)] == ["unreachable"]
    assert taken(db, now + timedelta(days=9)).letters == []


def test_what_kills_every_worker_that_takes_it_is_given_up(db: Transactions):
    dispatched(db, "chen@example.cn")
    now = real_now()
    for _ in range(MOST_ATTEMPTS):
        assert len(taken(db, now).letters) == 1
        now += LEASE
    assert taken(db, now).settled == ["unreachable"]
    assert states(db) == [("failed", MOST_ATTEMPTS, "lost", "unreachable")]


def test_many_workers_at_once_send_each_message_once(db: Transactions, mail: MailServer):
    for number in range(3):
        dispatched(db, *(f"person{number}.{place}@example.cn" for place in range(3)))
    execute(
        db,
        """
        INSERT INTO messages (id, announcement_id, person_id, excluded_ids, created_at)
        SELECT gen_random_uuid(), announcements.id, recipients.person_id, '{}', now()
        FROM announcements, recipients ON CONFLICT DO NOTHING;
        INSERT INTO deliveries (id, message_id, channel, state, attempts, due_at, created_at)
        SELECT gen_random_uuid(), messages.id, 'email', 'waiting', 0, now(), now()
        FROM messages WHERE NOT EXISTS (SELECT FROM deliveries WHERE message_id = messages.id)
        """,
    )
    waiting = db.change(backlog).rows
    assert waiting == 27

    def work(_: int) -> None:
        while send(db, mail) or db.change(backlog).rows:
            pass

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert len(mail.ids) == len(set(mail.ids)) == waiting
    assert {state for state, *_ in states(db)} == {"sent"}


def test_operators_see_deliveries_without_addresses_and_let_one_be_tried_anew(
    db: Transactions, mail: MailServer, notifications_http: FlaskClient
):
    dispatched(db, "gone.chen@example.cn", "xu@example.cn")
    send(db, mail)
    operator = bearer(token("operator"))
    page = notifications_http.get(f"{ROOT}?state=failed", headers=operator)
    (failed,) = page.json["items"]
    assert (failed["failure"], failed["due_at"]) == ("refused", None)
    assert "@" not in page.text and "chen" not in page.text
    retry = f"{ROOT}/{failed['id']}/retry"
    again = notifications_http.post(retry, headers=operator)
    assert (again.json["state"], again.json["attempts"]) == ("waiting", 0)
    assert notifications_http.post(retry, headers=operator).status_code == 409
    assert notifications_http.post(f"{ROOT}/{new_id()}/retry", headers=operator).status_code == 404
    assert len(notifications_http.get(ROOT, headers=operator).json["items"]) == 2
    send(db, mail)
    assert len(outbox_of(db)) == 2


def test_a_delivery_shows_no_more_than_where_it_stands(db: Transactions):
    story = dispatched(db, "chen@example.cn")
    (letter,) = taken(db, real_now()).letters
    assert "chen" not in repr(letter) and "楼道" not in repr(letter)
    assert isinstance(letter.delivery_id, UUID) and letter.delivery_id not in story.names
