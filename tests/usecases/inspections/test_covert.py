"""Owns the proof that nobody learns from `inspections` who came covertly, but who sent them."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.auth.roles import EVERYONE, Role
from shared.contracts.inspections import InspectionMode
from shared.database import Transactions
from shared.messaging.tables import OutboxRow
from tests.factories import COMMUNITY
from tests.observe import outbox_of
from tests.tokens import bearer, client_token, token
from tests.usecases.inspections.stories import INSPECTOR, inspected, reinspection

ROOT = "/api/v1/inspections"
STAFF = [role for role in EVERYONE if role not in ("resident", "volunteer", "operator")]
ORGANISERS = ("district_office", "committee")


@pytest.mark.parametrize("mode", ["open", "covert", "spot"])
def test_a_finding_says_who_found_it_unless_the_inspection_was_covert(
    ready_db: Transactions, mode: InspectionMode
):
    inspected(ready_db, "no-piling", mode=mode)
    (raised,) = (data for name, data in outbox_of(ready_db) if name == "finding_raised.v1")
    assert raised.inspector_id == (None if mode == "covert" else INSPECTOR)


def test_no_event_about_a_covert_inspection_names_the_inspector(ready_db: Transactions):
    (raised,) = inspected(ready_db, "no-piling", mode="covert").findings
    reinspection(ready_db, raised)
    with Session(ready_db.engine) as session:
        said = list(session.scalars(select(OutboxRow)))
    assert len(said) == 3
    assert [row.event_type for row in said if str(INSPECTOR).encode() in bytes(row.body)] == []
    assert [row.event_type for row in said if str(INSPECTOR) in str(row.headers)] == []


@pytest.mark.parametrize("role", [role for role in STAFF if role != "administrator"])
def test_every_address_hides_a_covert_inspector_from_all_but_who_sent_them(
    ready_db: Transactions, inspections_http: FlaskClient, role: Role
):
    recorded = inspected(ready_db, "no-piling", mode="covert")
    id_ = reinspection(ready_db, recorded.findings[0])
    finding = recorded.findings[0].id
    for path, tells in (
        (f"inspections/{recorded.id}", True),
        (f"inspections?area={COMMUNITY}", True),
        (f"findings/{finding}", False),
        (f"findings?area={COMMUNITY}", False),
        (f"reinspections/{id_}", True),
        (f"reinspections?area={COMMUNITY}", True),
    ):
        answer = inspections_http.get(f"{ROOT}/{path}", headers=bearer(token(role)))
        assert answer.status_code == 200, path
        assert (str(INSPECTOR) in answer.text) == (tells and role in ORGANISERS), path


def test_covert_inspectors_see_themselves_and_other_systems_nobody(
    ready_db: Transactions, inspections_http: FlaskClient
):
    recorded = inspected(ready_db, "no-piling", mode="covert")
    path = f"{ROOT}/inspections/{recorded.id}"
    own = inspections_http.get(path, headers=bearer(token("inspector", subject=INSPECTOR)))
    system = inspections_http.get(
        path, headers=bearer(client_token("inspections.inspections:read"))
    )
    assert own.json["inspector_id"] == str(INSPECTOR)
    assert system.json["inspector_id"] is None
