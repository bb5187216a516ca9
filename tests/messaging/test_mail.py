"""Owns the proof of e-mail with real processes: heard, sent in the green world, and no address
in any log, metric, queue or event.
"""

import re
from pathlib import Path

from sqlalchemy import text

from services.notifications.schemas import Channels, PutRecipient
from services.notifications.usecases.recipients import RecipientAsked, put_recipient
from shared.auth.callers import Caller
from tests.messaging.conftest import Rig
from tests.observe import eventually
from tests.usecases.notifications.mail_servers import mail_server, secure_mail_server
from tests.usecases.notifications.stories import Story

CANARIES = ("gone.canary@example.cn", "canary.xu@example.cn")


def with_addresses(rig: Rig, story: Story) -> None:
    for person_id, address in zip((story.handler, story.secretary), CANARIES, strict=True):
        said = PutRecipient(email=address, channels=Channels(email=True))
        asked = RecipientAsked(person_id, Caller(person_id, "person", ()))
        rig.db["notifications"].run(put_recipient, asked, said)


def states(rig: Rig) -> list[str]:
    with rig.db["notifications"].engine.connect() as connection:
        found = connection.execute(text("SELECT state FROM deliveries ORDER BY state"))
        return list(found.scalars())


def test_a_worker_sends_over_starttls_and_tells_no_address_to_anybody(rig: Rig, tmp_path: Path):
    story = Story()
    with_addresses(rig, story)
    rig.start("relay", "grid")
    with secure_mail_server(tmp_path) as server:
        worker = rig.start("worker", "notifications", **server.environment)
        rig.say(story.case_dispatched())
        eventually(lambda: states(rig) == ["failed", "sent"], what="one sent, one refused")
        assert server.behaviour.recipients == [CANARIES[1]]
        assert server.behaviour.secured == [True]
        metrics = worker.get("/metrics")
        assert metrics is not None
        assert worker.metric("linli_deliveries_total", channel="email", outcome="sent") == 1
        assert worker.metric("linli_deliveries_total", channel="email", outcome="refused") == 1
        assert worker.terminate() == 0
    everywhere = [worker.log.read_text(), metrics.text, *written(rig)]
    leaks = [one for one in everywhere if re.search("canary|geheim", one)]
    assert leaks == []


def written(rig: Rig) -> list[str]:
    """Return all that the service's database holds in the clear."""
    with rig.db["notifications"].engine.connect() as connection:
        tables = connection.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).scalars()
        return [
            str(row)
            for table in tables.all()
            for row in connection.execute(text(f'SELECT t::text FROM "{table}" AS t'))
        ]


def test_without_a_mail_server_e_mail_waits_and_that_shows(rig: Rig):
    story = Story()
    with_addresses(rig, story)
    rig.start("relay", "grid")
    worker = rig.start("worker", "notifications")
    rig.say(story.case_dispatched())
    waiting = "linli_deliveries_waiting_rows"
    eventually(lambda: worker.metric(waiting, channel="email") == 2, 30, "two wait")
    assert worker.metric("linli_deliveries_oldest_age_seconds", channel="email") > 0
    assert states(rig) == ["waiting", "waiting"]
    worker.terminate()
    with mail_server() as server:
        rig.start("worker", "notifications", **server.environment)
        eventually(lambda: states(rig) == ["failed", "sent"], what="what waited leaves")


def test_a_worker_that_was_told_nonsense_of_its_mail_server_does_not_start(rig: Rig):
    told = {"LINLI_SMTP_URL": "http://mail.example.cn", "LINLI_SMTP_FROM": "linli@example.cn"}
    worker = rig.begin("worker", "notifications", **told)
    assert worker.exit_code() != 0
    assert "LINLI_SMTP_URL must be smtps://" in worker.tail()
