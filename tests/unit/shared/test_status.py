"""Owns the proof of shared/status: what counts as wrong, in which words, on one screen."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.status.looking import Whereabouts, container_addresses
from shared.status.screen import language_of, screen
from shared.status.seen import Alert, Measures, Process, QueueState, Seen
from shared.status.verdict import troubles
from shared.terminal import width_of

NOW = datetime(2026, 5, 6, 8, 0, tzinfo=UTC)
SERVICES = ("grid", "inspections")
Sample = tuple[str, dict[str, str], float]


def relay(rows: float = 0, age: float = 0, active: float = 1) -> Measures:
    values = {
        "linli_outbox_rows": rows,
        "linli_outbox_age_seconds": age,
        "linli_relay_active_info": active,
    }
    return Measures((name, {}, value) for name, value in values.items())


def worker(waiting: float = 0, parked: float = 0) -> Measures:
    states = {"waiting": waiting, "parked": parked}
    return Measures(("linli_failed_events_rows", {"state": s}, n) for s, n in states.items())


def healthy() -> Seen:
    processes = [Process("provisioner", True)]
    for service in SERVICES:
        processes += [
            Process(f"{service}-api", True),
            Process(f"{service}-worker", True, (), worker()),
            Process(f"{service}-relay", True, (), relay()),
        ]
    queues = (QueueState("grid.on_finding_raised", 0, 1), QueueState("parked.grid", 0, 1))
    named = {process.name: process for process in processes}
    return Seen(SERVICES, named, queues, (), {"grid": 0.0123}, {"postgres": True})


def with_process(process: Process) -> Seen:
    seen = healthy()
    return replace(seen, processes={**seen.processes, process.name: process})


def said(seen: Seen, language: str = "en") -> list[str]:
    return [trouble.text(language) for trouble in troubles(seen, NOW)]


def test_nothing_is_wrong_with_a_system_that_is_well():
    assert said(healthy()) == []


@pytest.mark.parametrize(
    ("process", "words"),
    [
        (Process("grid-api", False), "processes do not answer: grid-api"),
        (Process("grid-api", True, ("database",)), "the database does not answer: grid-api"),
        (Process("grid-worker", True, ("consuming",)), "does not consume its queues: grid-worker"),
        (Process("x", True, ("novel",)), "its check novel fails: x"),
        (
            Process("grid-relay", True, (), relay(rows=7, age=61)),
            "the outbox of grid holds 7 rows, the oldest for 61 s",
        ),
        (
            Process("grid-relay", True, (), relay(rows=7, active=0)),
            "the relay of grid is on standby and its outbox not empty",
        ),
        (
            Process("grid-worker", True, (), worker(parked=2)),
            "grid has 2 parked events that a person must settle: linli parking list grid",
        ),
    ],
)
def test_what_is_wrong_with_a_process_is_said(process: Process, words: str):
    (told,) = said(with_process(process))
    assert words in told


@pytest.mark.parametrize(
    "process",
    [
        Process("grid-relay", True, (), relay(rows=7, age=60)),
        Process("grid-relay", True, (), relay(active=0)),
        Process("grid-worker", True, (), worker(waiting=3)),
    ],
)
def test_what_passes_by_itself_is_not_wrong(process: Process):
    assert said(with_process(process)) == []


def test_a_process_that_nobody_named_is_one_that_does_not_answer():
    seen = healthy()
    fewer = {name: one for name, one in seen.processes.items() if name != "grid-api"}
    assert said(replace(seen, processes=fewer)) == ["processes do not answer: grid-api"]


def test_a_fault_that_many_share_is_said_once_with_all_their_names():
    seen = healthy()
    failing = {name: Process(name, True, ("database",)) for name in seen.processes}
    (told,) = said(replace(seen, processes=failing))
    assert told.count("database") == 1
    assert all(name in told for name in failing)


@pytest.mark.parametrize(
    ("queue", "words"),
    [
        (QueueState("grid.on_case", 0, 0), ["queues without a consumer: grid.on_case"]),
        (QueueState("grid.on_case", 1001, 2), ["the queue grid.on_case holds 1001 events"]),
        (QueueState("grid.on_case", 1000, 2), []),
        (QueueState("evt-grid-case_closed.v1--hotline.handle", 5000, 0), []),
    ],
)
def test_what_is_wrong_with_a_queue_is_said(queue: QueueState, words: list[str]):
    assert said(replace(healthy(), queues=(queue,))) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"queues": None}, "the broker RabbitMQ is not seen"),
        ({"alerts": None}, "Prometheus does not answer"),
        ({"others": {"postgres": False}}, "postgres is not ready"),
        ({"alerts": (Alert("HttpSlow", "慢", "slow"),)}, "alert HttpSlow: slow"),
    ],
)
def test_what_is_wrong_around_the_processes_is_said(change: dict[str, object], words: str):
    (told,) = said(replace(healthy(), **change))
    assert told.startswith(words)


def provisioner(*samples: Sample) -> Process:
    return Process("provisioner", True, (), Measures(samples))


def test_a_disk_and_a_certificate_near_their_end_are_said():
    ends = (NOW + timedelta(days=20, hours=1)).timestamp()
    samples: list[Sample] = [
        ("linli_disk_free_bytes", {"folder": "postgres"}, 14),
        ("linli_disk_free_bytes", {"folder": "state"}, 15),
        ("linli_disk_size_bytes", {"folder": "postgres"}, 100),
        ("linli_disk_size_bytes", {"folder": "state"}, 100),
        ("linli_disk_free_bytes", {"folder": "gone"}, math.nan),
        ("linli_disk_size_bytes", {"folder": "gone"}, math.nan),
        ("linli_disk_free_bytes", {"folder": "proc"}, 0),
        ("linli_disk_size_bytes", {"folder": "proc"}, 0),
        ("linli_certificate_expiry_timestamp_seconds", {"address": "nginx:443"}, ends),
    ]
    assert said(with_process(provisioner(*samples))) == [
        "the disk of postgres has 14% left",
        "the certificate of nginx:443 ends in 20 days",
    ]


def lines(seen: Seen, language: str = "zh") -> list[str]:
    return list(screen(seen, troubles(seen, NOW), NOW, language))


def test_one_screen_shows_every_process_queue_outbox_and_what_is_parked():
    text = "\n".join(lines(healthy(), "en"))
    for name in (*SERVICES, "provisioner ready", "postgres ready", "grid.on_finding_raised 0/1"):
        assert name in text
    assert text.splitlines()[0] == "Linli, state of the system  2026-05-06 16:00:00"
    assert text.endswith("all is well")
    assert "0.012 s" in text


@pytest.mark.parametrize(("language", "well"), [("zh", "一切正常"), ("en", "all is well")])
def test_its_end_says_in_words_whether_all_is_well(language: str, well: str):
    assert lines(healthy(), language)[-1] == well
    broken = with_process(Process("grid-api", False))
    *_, count, trouble = lines(broken, language)
    assert "1" in count
    assert trouble == f"  ! {said(broken, language)[0]}"


def test_what_nobody_knows_is_shown_as_such():
    unknown = Process("grid-relay", True, ("database",), relay(math.nan, math.nan))
    seen = replace(with_process(unknown), queues=None)
    (row,) = (line for line in lines(seen) if line.startswith("grid "))
    assert row.count("不明") == 2
    assert "队列（深度/消费者）: 看不到" in lines(seen)


def test_columns_stand_below_each_other_although_chinese_signs_are_wide():
    _, _, head, *rows = lines(healthy())[:5]
    wide = [
        width_of(line[: line.index(word)]) for line, word in ((head, "发件箱"), (rows[0], "0 "))
    ]
    assert wide[0] == wide[1]


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, "zh"),
    ],
)
def test_the_terminal_chooses_the_language(environ: dict[str, str], language: str):
    assert language_of(environ) == language


def test_without_other_words_processes_are_where_containers_are_called():
    where = Whereabouts.from_environment({})
    assert where.processes == container_addresses()
    assert where.processes["grid-worker"] == "grid-worker:8000"
    named = Whereabouts.from_environment({"LINLI_PROCESSES": "grid-api=127.0.0.1:1,x=y:2"})
    assert named.processes == {"grid-api": "127.0.0.1:1", "x": "y:2"}
