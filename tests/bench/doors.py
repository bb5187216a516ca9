"""Owns the measures of the HTTP door of `grid`: a case that is reported, and a page of the list."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import count
from statistics import quantiles

from shared.ids import new_id
from tests.bench import filling
from tests.bench.callers import as_bytes, call
from tests.bench.ground import Ground
from tests.bench.growth import Found, Watch
from tests.bench.measures import Wrong, expect
from tests.factories import COMMUNITY
from tests.tokens import bearer, token

PAGE = 50
"""Cases on a page of the list."""
_WARM = 0.2
"""Part of the time that callers send requests before any counts."""
_BODY = {
    "area_code": COMMUNITY,
    "case_class": "exposed-litter",
    "place": "三元一村 3 幢楼下",
    "description": "垃圾散落在桶外，两天没人收",
}
_SIZE = "SELECT pg_database_size(current_database())"
_COUNT = "SELECT count(*) FROM cases"


@dataclass(frozen=True)
class Load:
    """How many callers there are, for how long, and how many cases there were before them."""

    callers: int
    seconds: float
    cases: int


def post_case(ground: Ground, load: Load) -> Found:
    """Measure POST of a case by residents, each with an address and a key of its own."""
    numbers, body = count(0x0A000001), json.dumps(_BODY, ensure_ascii=False).encode()

    def request() -> bytes:
        # as the front door says whose it is; more than thirty of one address are refused
        address = str(IPv4Address(next(numbers)))
        headers = {"X-Real-IP": address, "Idempotency-Key": str(new_id())}
        return as_bytes("POST", "/api/v1/grid/reports", headers, body)

    found = _measure(ground, load, 201, request)
    posted = next(numbers) - 0x0A000001
    expect(ground.ask("grid", _COUNT), (load.cases + posted,), "cases")
    return found


def list_cases(ground: Ground, load: Load) -> Found:
    """Measure GET of the newest page of cases of a district, by an officer of it."""
    path = f"/api/v1/grid/cases?limit={PAGE}"
    ready = as_bytes("GET", path, bearer(token(areas=(COMMUNITY[:6],))))
    return _measure(ground, load, 200, lambda: ready)


def _measure(ground: Ground, load: Load, status: int, request: Callable[[], bytes]) -> Found:
    filling.set_cases(ground, load.cases)
    ground.know_key()
    api = ground.start_api().wait_ready()
    call(api.address, load.callers, load.seconds * _WARM, status, request)
    (before,) = ground.ask("grid", _SIZE)
    watch = Watch(ground, api=api)
    answers = call(api.address, load.callers, load.seconds, status, request)
    if answers.errors:
        raise Wrong(
            f"{answers.errors.total()} errors beside {len(answers.seconds)} right answers:"
            f" {dict(answers.errors)}"
        )
    if len(answers.seconds) < 2:
        raise Wrong(f"{len(answers.seconds)} answers in {load.seconds:g} s")
    parts = quantiles([seconds * 1000 for seconds in answers.seconds], n=100)
    return watch.found(
        len(answers.seconds) / load.seconds,
        len(answers.seconds),
        p50_ms=parts[49],
        p95_ms=parts[94],
        p99_ms=parts[98],
        errors=0,
        bytes_each=(ground.ask("grid", _SIZE)[0] - before) / len(answers.seconds),
    )
