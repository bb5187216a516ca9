"""Owns traces: one per request, carried by `traceparent` through events to the last effect.

Every log line written inside a span names its trace, so a trace can be read with grep. Spans leave
the process only where OTEL_EXPORTER_OTLP_ENDPOINT names a collector.
"""

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AnyValue

from shared import config

_W3C = TraceContextTextMapPropagator()
_TRACER = trace.get_tracer("linli")
_EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_TRACEPARENT = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def configure(process: str) -> None:
    """Begin to trace this process, `grid api` for example; once, before its first span.

    Raises:
        shared.config.BadConfiguration: when spans should leave and the package for that is missing.
    """
    names = {"service.namespace": "linli", "service.name": process}
    provider = TracerProvider(resource=Resource.create(names))
    if config.optional("OTEL_EXPORTER_OTLP_ENDPOINT", ""):
        provider.add_span_processor(BatchSpanProcessor(exporter()))
    trace.set_tracer_provider(provider)


@contextmanager
def request_span(method: str, traceparent: str) -> Iterator[Span]:
    """Run a request in a span that continues the caller's trace, or begins one."""
    with _TRACER.start_as_current_span(
        method, _continuing(traceparent), SpanKind.SERVER, {"http.request.method": method}
    ) as span:
        yield span


@contextmanager
def effect_span(queue: str, many: Sequence[Mapping[str, str]]) -> Iterator[Span]:
    """Run the effect of events, of which the headers are given, in a span of their trace.

    Events of several traces begin a new one that links to each of theirs.
    """
    parents = {headers.get("traceparent", "") for headers in many}
    traces = {trace_of(parent) for parent in parents}
    parent = next(iter(parents)) if len(traces) == 1 else ""
    links = [] if parent else [Link(_context(said)) for said in sorted(parents) if said]
    attributes: dict[str, AnyValue] = {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "messaging.batch.message_count": len(many),
    }
    with _TRACER.start_as_current_span(
        f"process {queue}", _continuing(parent), SpanKind.CONSUMER, attributes, links
    ) as span:
        yield span


def traceparent() -> str | None:
    """Return the header that carries the current span on, None outside of any."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get("traceparent")


def trace_of(header: str) -> str:
    """Return the trace id (32 hex digits) of a `traceparent`, an empty text where it has none."""
    return header[3:35] if _TRACEPARENT.fullmatch(header) else ""


def current() -> dict[str, Any]:
    """Return what a log line says of the current span: its trace, or nothing."""
    span = trace.get_current_span().get_span_context()
    return {"trace": trace.format_trace_id(span.trace_id)} if span.is_valid else {}


def _continuing(header: str) -> Context:
    """Return a context whose span is the sender's; an unreadable header is as none."""
    return _W3C.extract({"traceparent": header}, Context())


def _context(header: str) -> trace.SpanContext:
    return trace.get_current_span(_continuing(header)).get_span_context()


def exporter(package: str = _EXPORTER) -> SpanExporter:
    """Return what sends spans to the collector that the standard OTEL variables name.

    Raises:
        shared.config.BadConfiguration: when the package for that is missing.
    """
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise config.BadConfiguration(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set; install linli[tracing], which sends spans there"
        ) from error
    sender: SpanExporter = module.OTLPSpanExporter()
    return sender
