"""A closed case whose re-inspection failed is worked on again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from services.grid.models.cases import Case
from services.grid.usecases.cases import reopen_case
from shared.database import Transactions
from shared.errors import TooEarly
from shared.ids import new_id
from shared.messaging.envelope import Event, seal, unseal
from tests.factories import NOON, reinspection_failed
from tests.observe import outbox_of
from tests.usecases.grid.test_cases import CASES, close, db, filed, http, resolve

__all__ = ["db", "http"]
LATER = NOON + timedelta(days=3)


def event_of(failed: Any) -> Event:
    sealed = seal(failed, new_id(), datetime.now(UTC))
    return unseal("grid.on_reinspection_failed", sealed.headers, sealed.body)


def closed(http: FlaskClient, db: Transactions) -> Case:
    case = filed(db)
    resolve(http, case)
    close(http, case)
    return case


def test_a_failed_re_inspection_gives_the_case_back_with_a_new_deadline(
    http: FlaskClient, db: Transactions
) -> None:
    case = closed(http, db)
    failed = reinspection_failed(case_id=case.id, deadline=LATER)
    assert db.once(event_of(failed), reopen_case)
    shown = http.get(f"{CASES}/{case.id}").json
    assert (shown["state"], shown["times_reopened"], shown["version"]) == ("dispatched", 1, 5)
    assert datetime.fromisoformat(shown["deadline"]) == LATER
    assert (shown["resolved_at"], shown["closed_by"], shown["overdue"]) == (None, None, None)
    assert (shown["steps"][-1]["step"], shown["steps"][-1]["note"]) == ("reopened", failed.reason)
    name, said = outbox_of(db)[-1]
    assert (name, said.deadline, said.reason) == ("case_reopened.v1", LATER, failed.reason)
    assert said.territorial is not None
    assert resolve(http, case).status_code == 200
    assert close(http, case).json["state"] == "closed"


def test_it_is_reopened_once_for_a_re_inspection_however_often_that_is_told(
    http: FlaskClient, db: Transactions
) -> None:
    case = closed(http, db)
    failed = reinspection_failed(case_id=case.id)
    db.once(event_of(failed), reopen_case)
    db.once(event_of(failed), reopen_case)
    resolve(http, case)
    close(http, case)
    db.once(event_of(failed), reopen_case)
    assert http.get(f"{CASES}/{case.id}").json["state"] == "closed"
    db.once(event_of(reinspection_failed(case_id=case.id)), reopen_case)
    assert http.get(f"{CASES}/{case.id}").json["times_reopened"] == 2


def test_a_failure_that_arrives_before_the_close_waits(http: FlaskClient, db: Transactions) -> None:
    case = filed(db)
    resolve(http, case)
    for case_id in (case.id, new_id()):
        with pytest.raises(TooEarly):
            db.once(event_of(reinspection_failed(case_id=case_id)), reopen_case)
    with Session(db.engine) as session:
        assert session.get_one(Case, case.id).times_reopened == 0
