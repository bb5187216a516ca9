"""Owns a worker whose handler does what the event's title says, in the place of `inspections`.

Run as a program: `python tests/messaging/probe.py`, with the environment of a worker.
"""

import os

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
import eventlet

eventlet.monkey_patch()

from datetime import datetime

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from shared import log
from shared.contracts.grid import CaseFiledV1
from shared.errors import Rejected, TooEarly
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event
from shared.messaging.hosting import run_worker


def act(session: Session, case: CaseFiledV1, now: datetime) -> None:
    """Write one row per event, then succeed or fail as the title says."""
    action, _, argument = case.title.partition(":")
    session.execute(
        text("INSERT INTO effects (case_id, title) VALUES (:id, :title)"),
        {"id": case.case_id, "title": case.title},
    )
    match action:
        case "raise":
            raise ValueError(argument)
        case "reject":
            raise Rejected
        case "early":
            session.flush()
            if tried(session) < int(argument):
                raise TooEarly(case.title)
        case "timeout":
            raise eventlet.Timeout(1)
        case "crash":
            os._exit(9)
        case "crash_once" if tried(session) == 1:
            os._exit(9)
        case "crash_after_commit":
            event.listen(session, "after_commit", lambda _: os._exit(9))
        case "slow":
            eventlet.sleep(float(argument))
        case "large":
            large = {"sent": "a" * int(argument)}
            assert session.execute(text("SELECT :sent"), large).scalar_one() == large["sent"]
        case "query":
            session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": float(argument)})
        case "narrow":
            session.execute(text("SELECT FROM narrow FOR UPDATE"))
            wait_at_gate(session)


def tried(session: Session) -> int:
    """Count this try; a rollback doesn't take it back."""
    return int(session.execute(text("SELECT nextval('tries')")).scalar_one())


def wait_at_gate(session: Session) -> None:
    """Return when the test has emptied the table `gates`."""
    while session.execute(text("SELECT count(*) FROM gates")).scalar_one():
        eventlet.sleep(0.05)


class Probe:
    """Stands where the worker of `inspections` would."""

    name = "inspections"
    db = Database()

    @consume("inspections.on_case_filed")
    def on_case_filed(self, event: Event) -> None:
        """Do what the title says."""
        self.db.once(event, act)


if __name__ == "__main__":
    log.configure("probe")
    run_worker(Probe)
