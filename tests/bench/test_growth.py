"""Each measure of growth gives a number, and one that fails takes no other with it."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread

from tests.bench import growth
from tests.bench.__main__ import measure_growth
from tests.bench.callers import as_bytes, call
from tests.bench.grown import GrowthSizes
from tests.bench.growth import Found, Measure, run_each
from tests.bench.memory import Peak

TINY = GrowthSizes(
    sent=(500,),
    relay=400,
    backlog=600,
    claims=(1_000,),
    single=60,
    batch=400,
    queue={"single": 80},
    producers=(2,),
    producing_seconds=0.3,
    cases=(60,),
    callers=(2,),
    calling_seconds=0.5,
)
NAMES = [
    "relay_beside_500_sent",
    "relay_backlog_600",
    "producers_2",
    "single_inbox_1000",
    "batch_inbox_1000",
    "single_queue_80",
    "post_by_2_cases_60",
    "list_by_2_cases_60",
]


def test_each_measure_of_growth_gives_a_number_and_keeps_it(tmp_path: Path) -> None:
    said: list[str] = []
    outcomes = measure_growth(TINY, "tiny", tmp_path, said.append, durable=False)
    assert [one.name for one in outcomes] == NAMES, said
    assert [one.failure for one in outcomes if one.failure] == []
    assert all(one.found and one.found.per_second > 0 for one in outcomes)
    kept = json.loads((tmp_path / "growth-latest.json").read_text(encoding="utf-8"))
    assert kept["form"] == "tiny"
    assert [one["name"] for one in kept["measures"]] == NAMES
    post = kept["measures"][-2]["found"]
    assert post["cpu_ms"]["api"] > 0
    assert post["memory"]["api"]["largest_mb"] > 10
    assert post["details"]["p50_ms"] <= post["details"]["p99_ms"]


def test_a_measure_that_fails_is_told_with_its_reason_and_the_others_are_kept(
    tmp_path: Path,
) -> None:
    def find(per_second: float) -> Found:
        return Found(per_second, {"relay": 0.02}, {"relay": Peak(1, 70.0, 70.0)})

    def fail() -> Found:
        raise ConnectionError("the broker is gone")

    cleaned: list[str] = []
    said: list[str] = []

    def clean_up() -> str:
        cleaned.append("relay: no route to the broker")
        return cleaned[-1]

    each = run_each(
        [
            Measure("small", lambda: find(200.0)),
            Measure("broken", fail, "small"),
            Measure("large", lambda: find(150.0), "small"),
            Measure("orphan", lambda: find(150.0), "broken"),
        ],
        clean_up,
        said.append,
    )
    outcomes = list(each)
    assert [one.failure for one in outcomes] == ["", "ConnectionError: the broker is gone", "", ""]
    assert [one.ratio for one in outcomes] == [None, None, 0.75, None]
    assert not growth.all_succeeded(outcomes), "or `make bench` would end with 0"
    assert growth.all_succeeded([one for one in outcomes if one.name != "broken"])
    assert len(cleaned) == 4, "what each left running is ended"
    assert said.count(cleaned[0]) == 1, "the last words of what failed, and of nothing else"
    assert "broken" in growth.table(outcomes)
    assert "the broker is gone" in growth.table(outcomes)
    growth.write(tmp_path, "full", {"cores": 2}, outcomes)
    kept = json.loads((tmp_path / "growth-latest.json").read_text(encoding="utf-8"))
    assert [one["found"] is not None for one in kept["measures"]] == [True, False, True, True]


class _Refusing(BaseHTTPRequestHandler):
    """Answers every second request as a door that has too much to do."""

    protocol_version = "HTTP/1.1"
    asked = count()

    def do_GET(self) -> None:
        self.send_response(503 if next(self.asked) % 2 else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def test_callers_count_every_answer_but_the_right_one_as_an_error() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.serve_forever).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            answers = call(address, 3, 0.3, 200, lambda: as_bytes("GET", "/", {}))
        finally:
            server.shutdown()
    assert set(answers.errors) == {"503"}
    assert abs(answers.errors["503"] - len(answers.seconds)) <= 1
    # nobody listens there now
    assert set(call(address, 1, 0.05, 200, lambda: as_bytes("GET", "/", {})).errors) == {
        "ConnectionRefusedError"
    }
