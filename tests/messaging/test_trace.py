"""A trace: from the request that said an event to the last effect, and out to a collector."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pika
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.ids import new_id
from shared.messaging.envelope import seal
from tests.factories import COMMUNITY, finding_raised
from tests.messaging.conftest import Rig
from tests.observe import eventually

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


class Collector(ThreadingHTTPServer):
    """What an OpenTelemetry collector is to a sender: a place that takes spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CollectorDoor)
        self.spans: list[Span] = []
        self.address = f"http://127.0.0.1:{self.server_port}"


class CollectorDoor(BaseHTTPRequestHandler):
    """Takes POST /v1/traces."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = ExportTraceServiceRequest.FromString(body)
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def know_the_community(session: Session) -> None:
    levels = {2: "province", 4: "city", 6: "district", 9: "street", 12: "community"}
    parent = None
    for digits, level in levels.items():
        area = {"code": COMMUNITY[:digits], "level": level, "parent": parent}
        session.execute(
            text(
                "INSERT INTO areas"
                " (code, name, level, parent_code, version, created_at, updated_at)"
                " VALUES (:code, '三元一村', :level, :parent, 1, now(), now())"
            ),
            area,
        )
        parent = area["code"]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def test_a_trace_runs_through_event_effect_and_next_event_to_the_collector(
    rig: Rig, collector: Collector
) -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    rig.db["grid"].change(know_the_community)
    rig.start("worker", "grid", **environment)
    sealed = seal(finding_raised(), new_id(), real_now(), PARENT)
    properties = pika.BasicProperties(headers=dict(sealed.headers), delivery_mode=2)
    channel = rig.channel("inspections")
    channel.basic_publish("inspections.events", sealed.type, sealed.body, properties)
    said = "SELECT headers->>'traceparent' FROM outbox WHERE event_type = 'case_filed.v1'"
    carried = eventually(lambda: rig.scalar("grid", said))
    assert carried.split("-")[1] == TRACE
    (span,) = eventually(lambda: [s for s in collector.spans if s.trace_id.hex() == TRACE])
    assert span.name == "process grid.on_finding_raised"
    assert span.parent_span_id.hex() == "b7ad6b7169203331"
    assert span.span_id.hex() == carried.split("-")[2]
