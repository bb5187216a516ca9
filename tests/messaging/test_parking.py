"""Owns the proof of parking end to end: parked by a worker, mended, settled through either door."""

import os
import pwd
import subprocess
from typing import Any
from uuid import UUID

import pytest
import requests

from shared.clock import SHANGHAI, real_now
from shared.ids import new_id
from shared.messaging import failures
from shared.messaging.envelope import seal
from tests.factories import case_filed
from tests.messaging.conftest import Rig
from tests.observe import eventually
from tests.processes import LINLI, ROOT
from tests.tokens import bearer, token

QUEUE = "inspections.on_case_filed"
PERSON = str(new_id())
STATES = "SELECT state FROM failed_events ORDER BY id"


def change(rig: Rig, *statements: str) -> None:
    with rig.db["inspections"].engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def break_handler(rig: Rig) -> None:
    change(rig, "ALTER TABLE effects ADD CONSTRAINT broken CHECK (false) NOT VALID")


def mend_handler(rig: Rig) -> None:
    change(rig, "ALTER TABLE effects DROP CONSTRAINT broken")


def park_by_worker(rig: Rig, count: int = 1) -> list[str]:
    """Let a worker fail at events until it parks them; return the ids of their rows."""
    break_handler(rig)
    rig.start("relay", "grid")
    rig.start("probe", "inspections")
    rig.say(*(case_filed(title="ok") for _ in range(count)))
    eventually(lambda: rig.rows(STATES) == ["waiting"] * count)
    change(rig, "UPDATE failed_events SET attempts = 5, next_attempt_at = now()")
    eventually(lambda: rig.rows(STATES) == ["parked"] * count)
    assert rig.effects() == []
    return [str(one) for one in rig.rows("SELECT id FROM failed_events ORDER BY id")]


def park(rig: Rig, **values: Any) -> str:
    """Park an event without a worker; return the id of its row."""
    sealed = seal(case_filed(**values), new_id(), real_now())
    failure = failures.Failure(QUEUE, sealed.headers, sealed.body, "Rejected: no", True)
    rig.db["inspections"].change(failures.keep, failure)
    return str(rig.rows("SELECT id FROM failed_events ORDER BY id DESC LIMIT 1")[0])


def linli(rig: Rig, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `linli parking …` as an operator would."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("LINLI_")}
    told = {"LINLI_ENV": "test", "LINLI_DATABASE_URL": rig.database_url("inspections")}
    return subprocess.run(
        [*LINLI, "parking", *arguments],
        cwd=ROOT,
        env=plain | {"PYTHONIOENCODING": "utf-8"} | told | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_a_worker_parked_is_mended_and_replayed_over_http_with_one_effect(rig: Rig) -> None:
    (parked_id,) = park_by_worker(rig)
    mend_handler(rig)
    door = rig.start("api", "inspections").address + "/api/v1/inspections/parked"
    who = bearer(token("operator", subject=UUID(PERSON)))
    assert [one["id"] for one in requests.get(door, headers=who, timeout=15).json()["items"]] == [
        parked_id
    ]
    answer = requests.post(f"{door}/{parked_id}/replay", headers=who, timeout=15).json()
    assert answer["steps"][0]["person"] == PERSON
    eventually(lambda: rig.rows(STATES) == ["handled"])
    assert rig.effects() == ["ok"]
    again = requests.post(f"{door}/{parked_id}/replay", headers=who, timeout=15)
    assert again.status_code == 409
    assert rig.effects() == ["ok"]


def test_a_replay_before_the_cause_is_mended_is_parked_again_and_many_go_at_once(rig: Rig) -> None:
    ids = park_by_worker(rig, 3)
    first = linli(rig, "replay", "inspections", ids[0])
    assert first.returncode == 0, first.stderr
    eventually(lambda: rig.rows("SELECT attempts FROM failed_events ORDER BY id")[0] >= 1)
    change(
        rig,
        "UPDATE failed_events SET attempts = 5, next_attempt_at = now() WHERE state = 'waiting'",
    )
    eventually(lambda: rig.rows(STATES) == ["parked"] * 3)
    mend_handler(rig)
    many = linli(rig, "replay", "inspections", "--queue", QUEUE)
    assert (many.returncode, many.stdout) == (0, "inspections: 3 due now, 0 still parked\n")
    eventually(lambda: rig.rows(STATES) == ["handled"] * 3)
    assert rig.effects() == ["ok"] * 3


def test_what_was_discarded_has_no_effect_when_the_broker_delivers_it_again(rig: Rig) -> None:
    (parked_id,) = park_by_worker(rig)
    assert linli(rig, "discard", "inspections", parked_id, "--reason", "测试").returncode == 0
    mend_handler(rig)
    with rig.db["grid"].engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET sent_at = NULL")
    rig.say(case_filed(title="ok:later"))
    eventually(lambda: rig.effects() == ["ok:later"])
    eventually(lambda: rig.unsent() == 0)
    eventually(lambda: rig.scalar("inspections", "SELECT count(*) FROM inbox") == 2)
    assert rig.rows(STATES) == ["discarded"]
    assert rig.effects() == ["ok:later"]


def test_the_command_lists_shows_and_discards(rig: Rig) -> None:
    parked_id = park(rig, title="张三\x1b[2J")
    listed = linli(rig, "list", "inspections", "--limit", "5")
    head, line = listed.stdout.splitlines()
    assert head.split()[:2] == ["id", "since"]
    assert line.index(parked_id) == 0 and line.endswith("Rejected: no")
    assert line.index("case_filed.v1") == head.index("type")
    assert real_now().astimezone(SHANGHAI).strftime("%Y-%m-%d") in line
    assert "张三" not in listed.stdout

    shown = linli(rig, "show", "inspections", parked_id)
    assert '"title": "张三' in shown.stdout and "\x1b" not in shown.stdout
    assert "header ce-type" in shown.stdout

    given_up = linli(rig, "discard", "inspections", parked_id, "--reason", "重复上报")
    assert (given_up.returncode, given_up.stdout.split(":")[0]) == (0, parked_id)
    me = f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    assert rig.rows("SELECT person || ' ' || reason FROM failed_event_steps") == [f"{me} 重复上报"]
    assert f"{me} 重复上报" in linli(rig, "show", "inspections", parked_id).stdout
    nothing = linli(rig, "list", "inspections")
    assert (nothing.returncode, nothing.stdout) == (0, "inspections: nothing is parked\n")


def test_the_command_goes_on_where_a_page_ended(rig: Rig) -> None:
    ids = [park(rig) for _ in range(3)]
    first = linli(rig, "list", "inspections", "--limit", "2", "--sort", "created_at").stdout
    mark = first.split("--after ")[1].strip()
    rest = linli(rig, "list", "inspections", "--sort", "created_at", "--after", mark).stdout
    assert ids[0] in first and ids[1] in first and ids[2] not in first
    assert rest.count("\n") == 2 and ids[2] in rest


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "inspections", str(new_id())), "no such event"),
        (("replay", "inspections"), "--all"),
        (("replay", "inspections", str(new_id()), "--all"), "name one ID, or several"),
        (("discard", "inspections", str(new_id()), "--reason", " "), "reason"),
        (("discard", "inspections", str(new_id()), "--reason", "x" * 501), "reason"),
        (("list", "inspections", "--state", "open"), "state"),
        (("list", "inspections", "--after", "***"), "paging mark"),
        (("replay", "inspections", "--all", "--limit", "101"), "limit"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else None,
)
def test_the_command_says_in_one_line_what_is_wrong(
    rig: Rig, arguments: tuple[str, ...], says: str
) -> None:
    done = linli(rig, *arguments)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith(f"linli parking {arguments[0]} inspections: ") and says in line


def test_the_command_says_what_to_do_when_it_can_t_work(rig: Rig) -> None:
    away = "postgresql+psycopg://a:hidden@127.0.0.1:1/x"
    for environment, says in (
        ({"LINLI_DATABASE_URL": away}, "LINLI_DATABASE_URL"),
        ({"LINLI_DATABASE_URL": ""}, "LINLI_DATABASE_URL"),
        ({"LINLI_DATABASE_URL": rig.nodes.postgres_admin_url}, "LINLI_DATABASE_URL"),
    ):
        done = linli(rig, "list", "inspections", **environment)
        assert done.returncode == 1
        assert says in done.stderr and "hidden" not in done.stderr
        assert "Traceback" not in done.stderr
    change(rig, "DROP TABLE failed_event_steps")
    parked_id = park(rig)
    done = linli(rig, "show", "inspections", parked_id)
    assert done.returncode == 1 and "linli migrate inspections" in done.stderr


def test_a_replay_of_many_of_which_none_may_go_tells_each_and_fails(rig: Rig) -> None:
    parked_id = park(rig)
    change(rig, "UPDATE failed_events SET headers = headers - 'ce-id'")
    done = linli(rig, "replay", "inspections", "--all")
    told, summary = done.stdout.splitlines()
    assert (done.returncode, summary) == (1, "inspections: 0 due now, 1 still parked")
    assert told.startswith(parked_id) and "ce-id" in told


def test_a_worker_told_to_forget_too_soon_says_so_and_doesn_t_start(rig: Rig) -> None:
    worker = rig.begin("worker", "inspections", LINLI_OUTBOX_DAYS="3")
    assert worker.exit_code() == 1
    assert "LINLI_OUTBOX_DAYS must be 8 days or more" in worker.tail()
    assert "Traceback" not in worker.tail()
