"""Owns the proof that a trace goes from a request into what it says, whatever the caller sends."""

import re

import pytest
from flask.testing import FlaskClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from shared import tracing
from shared.config import BadConfiguration
from shared.database import Transactions
from shared.messaging import outbox
from tests.factories import case_filed

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER = "00-1af7651916cd43dd8448eb211c80319d-b7ad6b7169203332-01"
HOSTILE = [
    "",
    "00-" + "0" * 32 + "-" + "0" * 16 + "-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "00-'; DROP TABLE outbox; --",
    "x" * 8_000,
    "七",
]


@pytest.fixture(scope="module", autouse=True)
def tracing_on() -> None:
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        tracing.configure("tests")


def said_in(db: Transactions) -> str:
    db.change(lambda session: outbox.add(session, case_filed()))
    with db.engine.connect() as connection:
        return str(
            connection.exec_driver_sql(
                "SELECT coalesce(headers->>'traceparent', '') FROM outbox ORDER BY position DESC"
            ).scalar()
        )


def test_an_event_said_in_a_request_carries_the_trace_of_the_caller(grid_db: Transactions):
    with tracing.request_span("POST", PARENT) as span:
        carried = said_in(grid_db)
    assert tracing.trace_of(carried) == TRACE
    assert carried[36:52] == trace.format_span_id(span.get_span_context().span_id)
    assert carried != PARENT


@pytest.mark.parametrize("header", HOSTILE)
def test_a_request_without_a_readable_trace_begins_one(grid_db: Transactions, header: str):
    with tracing.request_span("POST", header):
        carried = said_in(grid_db)
    assert re.fullmatch("[1-9a-f][0-9a-f]{31}|0[0-9a-f]{31}", tracing.trace_of(carried))
    assert tracing.trace_of(carried) not in {"", TRACE, "0" * 32}


def test_what_is_said_outside_of_any_request_carries_no_trace(grid_db: Transactions):
    assert said_in(grid_db) == ""


def test_an_effect_continues_the_trace_of_its_event(grid_db: Transactions):
    with tracing.effect_span("grid.on_finding_raised", [{"traceparent": PARENT}]):
        assert tracing.trace_of(said_in(grid_db)) == TRACE


def test_a_batch_of_one_trace_continues_it_and_one_of_several_links_to_each():
    with tracing.effect_span("q", [{"traceparent": PARENT}] * 3) as span:
        assert tracing.current() == {"trace": TRACE}
        assert span.links == ()  # type: ignore[attr-defined]
    with tracing.effect_span("q", [{"traceparent": PARENT}, {"traceparent": OTHER}, {}]) as span:
        assert tracing.current()["trace"] not in {TRACE, tracing.trace_of(OTHER)}
        linked = {trace.format_trace_id(link.context.trace_id) for link in span.links}  # type: ignore[attr-defined]
        assert linked == {TRACE, tracing.trace_of(OTHER)}


def test_an_answer_names_the_trace(grid_http: FlaskClient):
    answer = grid_http.get("/api/v1/grid/cases", headers={"traceparent": PARENT})
    assert tracing.trace_of(answer.headers["traceresponse"]) == TRACE
    fresh = grid_http.get("/api/v1/grid/cases").headers["traceresponse"]
    assert tracing.trace_of(fresh) not in {"", TRACE}


def test_requests_after_each_other_don_t_share_a_trace(grid_http: FlaskClient):
    answers = [grid_http.get("/api/v1/grid/nowhere").headers["traceresponse"] for _ in range(3)]
    assert len({tracing.trace_of(one) for one in answers}) == 3


def test_spans_leave_only_where_a_collector_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    tracing.exporter().shutdown()
    with pytest.raises(BadConfiguration, match=r"linli\[tracing\]"):
        tracing.exporter("opentelemetry.exporter.none_such")
