"""Owns the proof that a POST with an Idempotency-Key has its effect once, whatever happens."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from services.grid.access import ACCESS as GRID_ACCESS
from services.grid.api import BLUEPRINTS as GRID
from shared.auth.access import PUBLIC, allow_everyone
from shared.clock import real_now
from shared.config import BadConfiguration
from shared.database import Transactions, build_engine
from shared.errors import Conflict
from shared.http.app import create_app, run
from shared.http.auth import caller
from shared.http.idempotency import with_anyones_key, without_idempotency_key
from shared.http.routes import Routes
from shared.messaging import retention
from shared.register.learning import learn_areas
from tests.conftest import app_of
from tests.databases import KEYRING
from tests.observe import eventually, outbox_of
from tests.tokens import EVERYWHERE, bearer, token
from tests.usecases.grid.register import communities, csv_of
from tests.usecases.inspections.stories import area, imported
from tests.usecases.inspections.test_http import CHECKLIST, INSPECTION, ROOT
from tests.usecases.shared.parking import park

SOMEBODY, OTHER = uuid4(), uuid4()
KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
IMPORTS = "/api/v1/grid/areas/imports"


@pytest.fixture
def http(inspections_db: Transactions, inspections_http: FlaskClient) -> FlaskClient:
    inspections_db.run(learn_areas, [imported(area())])
    inspections_http.post(f"{ROOT}/checklists", json=CHECKLIST)
    return inspections_http


def headers(key: str | None = KEY, who: UUID = SOMEBODY, **more: str) -> dict[str, str]:
    said = {} if key is None else {"Idempotency-Key": key}
    return bearer(token(subject=who)) | said | more


def record(http: FlaskClient, body: Any = INSPECTION, **said: Any) -> TestResponse:
    return http.post(f"{ROOT}/inspections", json=body, headers=headers(**said))


def count(db: Transactions, table: str) -> int:
    with Session(db.engine) as session:
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def kept(db: Transactions) -> list[Any]:
    with Session(db.engine) as session:
        return list(session.execute(text("SELECT * FROM idempotency_keys ORDER BY key")))


def test_the_same_request_again_gets_the_first_answer_and_has_no_effect(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    first, again = record(http), record(http)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    for name in ("Location", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert count(inspections_db, "inspections") == 1
    said = [name for name, _ in outbox_of(inspections_db)]
    assert said == ["inspection_recorded.v1", "finding_raised.v1"]


def test_without_a_key_each_request_has_its_effect(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    assert record(http, key=None).json["id"] != record(http, key=None).json["id"]
    assert count(inspections_db, "inspections") == 2
    assert kept(inspections_db) == []


def test_another_body_or_operation_with_the_key_is_refused(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    assert record(http).status_code == 201
    other_body = record(http, INSPECTION | {"mode": "open"})
    other_operation = http.post(f"{ROOT}/checklists", json=CHECKLIST, headers=headers())
    other_address = http.post(f"{ROOT}/inspections?x=1", json=INSPECTION, headers=headers())
    other_condition = record(http, **{"If-Match": '"1"'})
    for answer in (other_body, other_operation, other_address, other_condition):
        assert answer.status_code == 409
        assert answer.json["type"] == "urn:linli:problem:idempotency-key-reused"
    assert count(inspections_db, "inspections") == 1
    assert count(inspections_db, "checklists") == 1


def test_a_key_is_the_callers_own(http: FlaskClient, inspections_db: Transactions) -> None:
    mine, theirs = record(http), record(http, who=OTHER)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json["id"] != theirs.json["id"]
    assert [row.caller_id for row in kept(inspections_db)].count(SOMEBODY) == 1


def test_a_refused_request_is_not_remembered_and_judged_anew(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    unknown = INSPECTION | {"area_code": "320508019099"}
    assert record(http, unknown).status_code == 422
    assert record(http, {"mode": "open"}).status_code == 422
    assert kept(inspections_db) == []
    inspections_db.run(learn_areas, [imported(area("320508019099"))])
    assert record(http, unknown).status_code == 201
    assert len(kept(inspections_db)) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "键", "a\x7f"])
def test_a_malformed_key_is_refused_naming_the_header(
    http: FlaskClient, inspections_db: Transactions, key: str
) -> None:
    # as a WSGI server gives bytes outside ASCII
    environ = {"HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1")}
    answer = http.post(f"{ROOT}/inspections", json=INSPECTION, environ_overrides=environ)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["Idempotency-Key"]
    assert count(inspections_db, "inspections") == 0


@pytest.mark.parametrize("key", ["k", "x" * 255, '"quoted"', "!~"])
def test_any_visible_ascii_is_a_key(http: FlaskClient, key: str) -> None:
    assert record(http, key=key).status_code == 201
    assert record(http, key=key).headers["Idempotent-Replayed"] == "true"


def test_of_two_at_once_one_does_the_work_and_the_other_gets_the_same_answer(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    doors = [app_of("inspections", inspections_db).test_client() for _ in range(4)]
    for door in doors:
        door.environ_base |= http.environ_base
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(record, doors))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 3
    assert count(inspections_db, "inspections") == 1


def test_when_the_first_fails_the_one_who_waits_does_the_work(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    claim = text("INSERT INTO idempotency_keys (caller_id, key, operation) VALUES (:c, :k, 'x')")
    with ThreadPoolExecutor(1) as pool, Session(inspections_db.engine) as first:
        first.execute(claim, {"c": SOMEBODY, "k": KEY})
        waiting = pool.submit(record, http)
        eventually(lambda: blocked(inspections_db) == 1)
        first.rollback()
        assert waiting.result().status_code == 201
    assert len(kept(inspections_db)) == 1


def blocked(db: Transactions) -> int:
    with Session(db.engine) as session:
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        own = " AND datname = current_database()"
        return session.execute(text(waits + own)).scalar_one()


def test_what_is_kept_is_unreadable_without_the_keys(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    record(http)
    (row,) = kept(inspections_db)
    assert (row.operation, row.status) == ("record_inspection", 201)
    assert INSPECTION["area_code"].encode() not in bytes(row.body)
    assert "纸箱".encode() not in bytes(row.body)


def test_nothing_is_kept_when_the_effect_is_rolled_back(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    with Session(inspections_db.engine) as session, session.begin():
        session.execute(text("ALTER TABLE outbox ADD CONSTRAINT full_now CHECK (false) NOT VALID"))
    http.application.testing = False
    http.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert record(http).status_code == 500
    assert kept(inspections_db) == []
    with Session(inspections_db.engine) as session, session.begin():
        session.execute(text("ALTER TABLE outbox DROP CONSTRAINT full_now"))
    assert record(http).status_code == 201


def test_answers_older_than_a_day_are_forgotten(
    http: FlaskClient, inspections_db: Transactions
) -> None:
    first = record(http)
    record(http, key="younger")
    with Session(inspections_db.engine) as session, session.begin():
        session.execute(
            text("UPDATE idempotency_keys SET created_at = created_at - :by WHERE key = :key"),
            {"by": retention.ANSWERS_KEPT, "key": KEY},
        )
    before = real_now() - retention.ANSWERS_KEPT
    assert inspections_db.change(retention.delete_answers, before - timedelta(hours=1), 10) == 0
    assert inspections_db.change(retention.delete_answers, before, 10) == 1
    assert [row.key for row in kept(inspections_db)] == ["younger"]
    assert record(http).json["id"] != first.json["id"]


@pytest.mark.parametrize("packed", [False, True])
def test_an_uploaded_register_is_loaded_once(
    grid_http: FlaskClient, grid_db: Transactions, packed: bool
) -> None:
    body = csv_of(communities(300))
    mime = "application/gzip" if packed else "text/csv"
    body = gzip.compress(body, mtime=0) if packed else body

    def upload(data: bytes) -> TestResponse:
        return grid_http.post(IMPORTS, data=data, content_type=mime, headers=headers())

    first, again = upload(body), upload(body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(grid_db, "area_imports") == 1
    other = upload(gzip.compress(csv_of(), mtime=0) if packed else csv_of())
    assert other.json["type"] == "urn:linli:problem:idempotency-key-reused"


def test_a_register_that_was_refused_is_read_again(
    grid_http: FlaskClient, grid_db: Transactions
) -> None:
    wrong = csv_of(["32,江苏省,city,"])
    for _ in range(2):
        answer = grid_http.post(IMPORTS, data=wrong, content_type="text/csv", headers=headers())
        assert (answer.status_code, answer.json["error_count"]) == (422, 1)
    right = grid_http.post(IMPORTS, data=csv_of(), content_type="text/csv", headers=headers())
    assert right.status_code == 201
    assert count(grid_db, "area_imports") == 1


# a door of its own, for what no real route does


TRIES: list[str] = []


def note(session: Session, said: str, now: Any) -> str:
    session.execute(text("INSERT INTO notes (said) VALUES (:said)"), {"said": said})
    return said


def refuse_after(session: Session, said: str, now: Any) -> None:
    note(session, said, now)
    raise Conflict


def fail_once(session: Session, said: str, now: Any) -> str:
    TRIES.append(said)
    note(session, said, now)
    if len(TRIES) == 1:
        raise_deadlock(session)
    return said


def raise_deadlock(session: Session) -> None:
    session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$"))


def odd_routes() -> Routes:
    odd = Routes("odd", __name__)

    @odd.post("/twice")
    @odd.response(200)
    def two_parts() -> dict[str, Any]:
        try:
            run(refuse_after, "refused")
        except Conflict:
            return {"said": run(note, "kept"), "by": str(caller().id)}
        return {}

    @odd.post("/answers-409")
    @odd.response(200)
    def answers_409() -> tuple[dict[str, Any], int]:
        return {"said": run(note, "conflict")}, 409

    @odd.post("/deadlock")
    @odd.response(200)
    def deadlock() -> dict[str, Any]:
        return {"said": run(fail_once, "again")}

    @odd.post("/forgetful")
    @without_idempotency_key
    @odd.response(200)
    def forgetful() -> dict[str, Any]:
        return {"said": run(note, "each time")}

    @odd.post("/open")
    @odd.response(200)
    def open_to_all() -> dict[str, Any]:
        return {"said": run(note, "open")}

    @odd.post("/open-once")
    @with_anyones_key
    @odd.response(200)
    def open_once() -> dict[str, Any]:
        return {"said": run(note, "open once")}

    return odd


ODD = {name: allow_everyone() for name in ("two_parts", "answers_409", "deadlock", "forgetful")}


@pytest.fixture
def odd(grid_db: Transactions) -> FlaskClient:
    TRIES.clear()
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("CREATE TABLE notes (said text)"))
    access = ODD | {"open_to_all": PUBLIC, "open_once": PUBLIC}
    return create_app("grid", [odd_routes()], grid_db, access).test_client()


def post(odd: FlaskClient, path: str, body: Any = None) -> TestResponse:
    return odd.post(f"/api/v1/grid{path}", json=body, headers=headers())


def notes(db: Transactions) -> list[str]:
    with Session(db.engine) as session:
        return list(session.execute(text("SELECT said FROM notes")).scalars())


def test_of_a_part_that_was_refused_nothing_stays_though_the_rest_is_kept(
    odd: FlaskClient, grid_db: Transactions
) -> None:
    first, again = post(odd, "/twice"), post(odd, "/twice")
    assert first.json == again.json == {"said": "kept", "by": str(SOMEBODY)}
    assert notes(grid_db) == ["kept"]


def test_an_answer_that_is_an_error_undoes_what_came_before_it(
    odd: FlaskClient, grid_db: Transactions
) -> None:
    for _ in range(2):
        answer = post(odd, "/answers-409")
        assert (answer.status_code, answer.json) == (409, {"said": "conflict"})
    assert (notes(grid_db), kept(grid_db)) == ([], [])


def test_a_deadlock_is_tried_again_with_the_same_body_and_remembered_once(
    odd: FlaskClient, grid_db: Transactions
) -> None:
    first, again = post(odd, "/deadlock", {"a": 1}), post(odd, "/deadlock", {"a": 1})
    assert (first.status_code, TRIES) == (200, ["again", "again"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert notes(grid_db) == ["again"]
    assert post(odd, "/deadlock", {"a": 2}).status_code == 409


def test_a_deadlock_with_a_body_that_was_not_kept_is_for_the_caller_to_try_again(
    grid_http: FlaskClient, grid_db: Transactions
) -> None:
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text(_ONE_DEADLOCK))

    def upload() -> TestResponse:
        return grid_http.post(IMPORTS, data=csv_of(), content_type="text/csv", headers=headers())

    answer = upload()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert upload().status_code == 201
    assert count(grid_db, "area_imports") == 1


_ONE_DEADLOCK = """
    CREATE SEQUENCE tries;
    CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('tries') = 1 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER fail_once BEFORE INSERT ON area_imports
    FOR EACH ROW EXECUTE FUNCTION fail_once()
"""


@pytest.mark.parametrize("path", ["/forgetful", "/open"])
def test_a_route_that_passes_over_the_header_answers_anew(
    odd: FlaskClient, grid_db: Transactions, path: str
) -> None:
    for _ in range(2):
        answer = post(odd, path)
        assert answer.status_code == 200
        assert "Idempotent-Replayed" not in answer.headers
    assert len(notes(grid_db)) == 2
    assert kept(grid_db) == []


def open_once(odd: FlaskClient, body: Any = None, key: str = KEY) -> TestResponse:
    return odd.post("/api/v1/grid/open-once", json=body, headers={"Idempotency-Key": key})


def test_a_public_route_that_says_so_answers_the_same_request_with_the_same_key_once(
    odd: FlaskClient, grid_db: Transactions
) -> None:
    first, again = open_once(odd, {"a": 1}), open_once(odd, {"a": 1})
    assert first.data == again.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert open_once(odd, {"a": 2}).json["type"] == "urn:linli:problem:idempotency-key-reused"
    assert open_once(odd, {"a": 1}, str(uuid4())).status_code == 200
    assert len(notes(grid_db)) == 2


def test_a_token_makes_no_other_caller_at_a_public_route(odd: FlaskClient) -> None:
    open_once(odd, {"a": 1})
    again = odd.post("/api/v1/grid/open-once", json={"a": 1}, headers=headers())
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_key_that_can_be_guessed_is_refused_where_no_token_tells_callers_apart(
    odd: FlaskClient, grid_db: Transactions
) -> None:
    answer = open_once(odd, key="x" * 15)
    assert answer.status_code == 422
    assert answer.json["type"] == "urn:linli:problem:idempotency-key-guessable"
    assert notes(grid_db) == []
    assert open_once(odd, key="x" * 16).status_code == 200


def test_a_service_without_data_keys_does_not_open_its_door() -> None:
    engine = build_engine("postgresql+psycopg://nobody@localhost/nothing")
    with pytest.raises(BadConfiguration, match="LINLI_DATA_KEYS"):
        create_app("grid", GRID, Transactions(engine), GRID_ACCESS)
    assert create_app("grid", GRID, Transactions(engine, None, KEYRING), GRID_ACCESS)


def test_rights_are_checked_before_an_answer_is_given_again(http: FlaskClient) -> None:
    assert record(http).status_code == 201
    resident = bearer(token("resident", areas=EVERYWHERE, subject=SOMEBODY))
    answer = http.post(
        f"{ROOT}/inspections", json=INSPECTION, headers=resident | {"Idempotency-Key": KEY}
    )
    assert answer.status_code == 403


def test_a_request_without_a_body_may_be_sent_again(
    grid_http: FlaskClient, grid_db: Transactions
) -> None:
    address = f"/api/v1/grid/parked/{park(grid_db)}/replay"
    first = grid_http.post(address, headers=headers())
    again = grid_http.post(address, headers=headers())
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.data == first.data
    assert grid_http.post(address, headers=headers("other")).status_code == 409
