"""Owns a worker with two batch handlers, in the place of `inspections`; see probe.py."""

import os

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
import eventlet

eventlet.monkey_patch()

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from shared import log
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event
from shared.messaging.hosting import run_worker
from tests.messaging.probe import act


def act_on_all(session: Session, cases: list[Any], now: datetime) -> None:
    """Do what each title says."""
    for case in cases:
        act(session, case, now)


class BatchProbe:
    """Stands where the worker of `inspections` would."""

    name = "inspections"
    db = Database()

    @consume("inspections.on_case_filed", batch=50)
    def on_case_filed(self, events: list[Event]) -> None:
        """Do what the titles say."""
        self.db.once_all(events, act_on_all)

    @consume("inspections.on_case_closed", batch=50)
    def on_case_closed(self, events: list[Event]) -> None:
        """Do what the titles say."""
        self.db.once_all(events, act_on_all)


if __name__ == "__main__":
    log.configure("probe")
    run_worker(BatchProbe)
