"""Owns the proof that no single request takes a process or a database for itself."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.auth.access import allow_everyone
from shared.database import Transactions, build_engine
from shared.http.app import create_app, run
from shared.http.limits import MAX_DEPTH, MAX_VALUES, JsonTooLarge, require_modest_json
from shared.http.routes import Routes
from tests.databases import KEYRING
from tests.observe import eventually
from tests.tokens import bearer, token
from tests.usecases.grid.register import csv_of

CHECKLISTS = "/api/v1/inspections/checklists"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@given(JSON, st.booleans())
def test_json_of_modest_size_is_read_whatever_its_texts_hold(value: Any, escaped: bool) -> None:
    require_modest_json(json.dumps(value, ensure_ascii=escaped).encode())


@given(st.binary(max_size=2_000))
def test_what_is_no_json_is_left_to_the_parser(body: bytes) -> None:
    try:
        require_modest_json(body)
    except JsonTooLarge:
        assert body.count(b"[") + body.count(b"{") > MAX_DEPTH


def test_levels_are_counted_and_not_brackets() -> None:
    require_modest_json(nested(MAX_DEPTH))
    require_modest_json(b"[" + b"[],{}," * 1_000 + b"0]")
    require_modest_json(json.dumps("[" * 1_000 + '"' + "\\" * 3).encode())
    with pytest.raises(JsonTooLarge):
        require_modest_json(nested(MAX_DEPTH + 1))
    with pytest.raises(JsonTooLarge):
        require_modest_json(b'{"a":' * (MAX_DEPTH + 1))


def test_values_are_counted() -> None:
    require_modest_json(b"[" + b"0," * (MAX_VALUES - 2) + b"0]")
    with pytest.raises(JsonTooLarge):
        require_modest_json(b"[" + b"0," * MAX_VALUES + b"0]")
    with pytest.raises(JsonTooLarge):
        require_modest_json(b"]" * (MAX_VALUES + 1))


@pytest.mark.parametrize(
    "body", [b'"' + b'\\"' * 5_000_000, b'"' * 9_999_999, b"\\" * 10_000_000, b"[" * 10_000_000]
)
def test_ten_megabytes_of_nonsense_are_judged_at_once(body: bytes) -> None:
    started = time.process_time()
    with suppress(JsonTooLarge):
        require_modest_json(body)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("body", "chinese", "english"),
    [
        (nested(51), "嵌套超过 50 层", "Nested more than 50 levels deep."),
        (b"[" + b"0," * 100_000 + b"0]", "超过 100000 个值", "More than 100000 values."),
    ],
    ids=["deep", "many"],
)
def test_a_caller_is_told_which_limit_it_was(
    inspections_http: FlaskClient, body: bytes, chinese: str, english: str
) -> None:
    for tongue, detail in (("zh-CN", chinese), ("en", english)):
        answer = inspections_http.post(
            CHECKLISTS,
            data=body,
            content_type="application/json",
            headers={"Accept-Language": tongue},
        )
        assert answer.status_code == 400
        assert [error["detail"] for error in answer.json["errors"]] == [detail]


def slow_routes() -> Routes:
    slow = Routes("slow", __name__)

    @slow.post("/sleep")
    @slow.response(200)
    def sleep() -> dict[str, str]:
        return {"slept": run(_sleep)}

    @slow.post("/broken")
    @slow.response(200)
    def broken() -> dict[str, str]:
        return {"broken": run(lambda session, now: session.execute(text("no sql")))}

    return slow


def _sleep(session: Session, now: Any) -> str:
    session.execute(text("CREATE TABLE notes (said text)"))
    session.execute(text("SET LOCAL statement_timeout = '50ms'"))
    session.execute(text("SELECT pg_sleep(60)"))
    return "long"


@pytest.fixture
def slow(grid_db: Transactions) -> Iterator[FlaskClient]:
    # an engine of its own: those of fixtures have made their connections
    url = grid_db.engine.url.render_as_string(hide_password=False)
    db = Transactions(build_engine(url, 2), None, KEYRING)
    rules = {name: allow_everyone() for name in ("sleep", "broken")}
    http = create_app("grid", [slow_routes()], db, rules).test_client()
    http.environ_base["HTTP_AUTHORIZATION"] = bearer(token())["Authorization"]
    yield http
    db.engine.dispose()


def test_a_statement_of_a_request_has_thirty_seconds(slow: FlaskClient) -> None:
    connection = slow.application.extensions["linli_transactions"].engine.connect()
    with connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "30s"
        connection.rollback()
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "30s"


def test_a_statement_of_a_request_is_planned_for_its_own_values(slow: FlaskClient) -> None:
    # 101,000 cases, a page of the overdue ones for somebody with 55 areas: 33 ms by a plan for any
    # values, which PostgreSQL takes from the sixth time on if it may, and 6 ms by one for these
    part = text("SELECT count(*) FROM areas WHERE code >= :first AND code < :past")
    plans = text(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement"
        " LIKE '%FROM areas WHERE%'"
    )
    with slow.application.extensions["linli_transactions"].engine.connect() as connection:
        for _ in range(20):
            connection.execute(part, {"first": "32", "past": "33"})
        ((generic, custom),) = connection.execute(plans).all()
    assert custom > 10
    assert generic == 0


def test_a_statement_that_takes_too_long_is_cancelled_and_nothing_stays(
    slow: FlaskClient, grid_db: Transactions
) -> None:
    answer = slow.post("/api/v1/grid/sleep")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["type"] == "urn:linli:problem:took-too-long"
    with Session(grid_db.engine) as session:
        assert session.execute(text("SELECT to_regclass('notes')")).scalar_one() is None


def test_another_fault_of_the_database_is_still_ours(slow: FlaskClient) -> None:
    slow.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = slow.post("/api/v1/grid/broken")
    assert (answer.status_code, answer.json["type"]) == (
        500,
        "urn:linli:problem:internal-server-error",
    )


def test_an_import_may_take_longer(grid_http: FlaskClient, grid_db: Transactions) -> None:
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text(_LIMIT_OF_IMPORTS))
    imports = "/api/v1/grid/areas/imports"
    assert grid_http.post(imports, data=csv_of(), content_type="text/csv").status_code == 201
    with Session(grid_db.engine) as session:
        assert session.execute(text("SELECT said FROM limits")).scalar_one() == "0"


_LIMIT_OF_IMPORTS = """
    CREATE TABLE limits (said text);
    CREATE FUNCTION note_limit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO limits VALUES (current_setting('statement_timeout'));
        RETURN NEW;
    END $$;
    CREATE TRIGGER note_limit BEFORE INSERT ON area_imports
    FOR EACH ROW EXECUTE FUNCTION note_limit()
"""


def test_every_answer_carries_the_headers_that_keep_browsers_careful(
    inspections_http: FlaskClient,
) -> None:
    for path in (CHECKLISTS, "/nowhere", "/healthz", f"{CHECKLISTS}?limit=x"):
        answer = inspections_http.get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        policy = answer.headers["Content-Security-Policy"]
        assert policy == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["Cache-Control"] == "no-store"


_SERVER = """
from flask import Flask
from shared.config import Address
from shared.http.server import Server
app = Flask("probe", static_folder=None)
app.get("/")(lambda: "here")
Server(app, Address("127.0.0.1", {port})).run()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """A real gunicorn with the options of every API process; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = [sys.executable, "-c", _SERVER.format(port=port)]
    with subprocess.Popen(program, stderr=subprocess.PIPE) as process:
        try:
            eventually(lambda: b"200" in said_to(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
            yield port
        finally:
            process.terminate()


def said_to(port: int, request: bytes) -> bytes:
    """Return what the server answers up to the end of the connection, or of its head."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            answer = b""
            while block := connection.recv(65536):
                answer += block
                if answer.startswith(b"HTTP/1.1 200"):
                    break
            return answer
    except ConnectionError:
        return b""


@pytest.mark.parametrize(
    ("request_", "status", "kind"),
    [
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 414, "request-uri-too-long"),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 9_000 + b"\r\n\r\n",
            431,
            "request-header-fields-too-large",
        ),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: x\r\n" * 65 + b"\r\n",
            431,
            "request-header-fields-too-large",
        ),
        (b"GET\r\n\r\n", 400, "bad-request"),
        (b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n", 400, "bad-request"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: magic\r\n\r\n",
            501,
            "not-implemented",
        ),
    ],
    ids=["long address", "long header", "many headers", "no request", "bad name", "bad coding"],
)
def test_what_gunicorn_itself_refuses_is_a_problem_too(
    server: int, request_: bytes, status: int, kind: str
) -> None:
    head, _, body = said_to(server, request_).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Content-Type: application/problem+json" in head
    said = json.loads(body)
    assert (said["status"], said["type"]) == (status, f"urn:linli:problem:{kind}")
    assert said["instance"].removeprefix("urn:linli:request:").encode() in head
    assert "x" * 100 not in body.decode()
