"""Owns the proof of `linli backup` and `linli outbox`, as an operator runs them."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared.backup.age import watch_backups
from shared.backup.shelf import Shelf
from shared.clock import real_now
from shared.database import Transactions
from shared.messaging import outbox
from shared.messaging.topology import SERVICES
from shared.messaging.unheard import queues_of
from tests.databases import DatabaseServer
from tests.factories import case_filed, finding_raised
from tests.keys import KEYS
from tests.processes import LINLI
from tests.usecases.backup.grounds import back_up
from tests.usecases.shared.people import execute, rows

AN_HOUR_AGO = (real_now() - timedelta(hours=1)).isoformat()
IN_AN_HOUR = (real_now() + timedelta(hours=1)).isoformat()


class Operator:
    """Runs `linli` in a shell of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, db: Transactions | str | None, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on a database and return how it ended."""
        url = (
            db.engine.url.render_as_string(hide_password=False)
            if isinstance(db, Transactions)
            else db
        )
        told = {"PATH": os.environ["PATH"], "LINLI_BACKUP_DIR": str(self._folder), **KEYS}
        told |= {"LINLI_DATABASE_URL": url} if url else {}
        return subprocess.run(
            [*LINLI, *words], env=told, capture_output=True, text=True, check=False
        )


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path / "backups")


def test_a_backup_is_made_listed_and_loaded_by_command(
    grid_db: Transactions, database_server: DatabaseServer, operator: Operator
):
    grid_db.change(lambda session: outbox.add(session, case_filed()))
    made = operator.run(grid_db, "backup", "make", "grid")
    assert made.returncode == 0, made.stderr
    assert "persons' keys apart, 0 erasures; 0 old ones deleted" in made.stdout
    listed = operator.run(None, "backup", "list", "grid").stdout.splitlines()
    assert listed[0].split() == ["name", "time", "(+08:00)", "rows", "whole", "own", "keys"]
    assert [line.split()[-2:] for line in listed[1:]] == [["yes", "yes"]]
    empty = database_server.create_empty()
    loaded = operator.run(empty, "backup", "load", "grid", "latest")
    assert loaded.returncode == 0, loaded.stderr
    assert "as counted then" in loaded.stdout
    again = operator.run(empty, "backup", "load", "grid", listed[1].split()[0])
    assert again.returncode == 1
    assert "isn't empty" in again.stderr
    database_server.drop(empty)


def test_a_database_that_is_away_and_a_backup_that_is_not_there_end_in_one_line(
    grid_db: Transactions, operator: Operator
):
    away = operator.run("postgresql+psycopg://a:b@127.0.0.1:1/x", "backup", "make", "grid")
    assert (away.returncode, len(away.stderr.splitlines())) == (1, 1)
    assert "check that the database runs" in away.stderr
    none = operator.run(grid_db, "backup", "load", "grid", "latest")
    assert (none.returncode, none.stderr.count("\n")) == (1, 1)
    assert "there is no backup 'latest' of grid" in none.stderr


def test_what_was_sent_goes_out_again_by_command(grid_db: Transactions, operator: Operator):
    grid_db.change(lambda session: outbox.add(session, case_filed()))
    execute(grid_db, "UPDATE outbox SET sent_at = now()")
    resent = operator.run(grid_db, "outbox", "resend", "grid", "--since", AN_HOUR_AGO)
    assert resent.stdout.startswith("grid: 1 events sent since ")
    assert rows(grid_db, "SELECT count(*) FROM outbox WHERE sent_at IS NULL") == [1]
    old = operator.run(grid_db, "outbox", "resend", "grid", "--since", "2020-01-01T00:00")
    assert (old.returncode, old.stderr.count("\n")) == (1, 1)
    assert "2020-01-01T00:00:00+08:00 is too old" in old.stderr


def test_what_is_lost_is_named_from_records_and_the_exit_code_is_1(
    database_of: Callable[[str], Transactions], operator: Operator, tmp_path: Path
):
    databases = {service: database_of(service) for service in SERVICES}
    grid_db, inspections_db = databases["grid"], databases["inspections"]
    everything_db = databases["notifications"]
    lost = grid_db.change(lambda session: outbox.add(session, case_filed()))
    other = inspections_db.change(lambda session: outbox.add(session, finding_raised()))
    claim = "INSERT INTO inbox (consumer, event_id) VALUES (:queue, :id)"
    execute(inspections_db, claim, queue="inspections.on_case_filed", id=lost)
    for heard in (lost, other):
        execute(everything_db, claim, queue="notifications.on_event", id=heard)
    period = ["--since", AN_HOUR_AGO, "--until", IN_AN_HOUR]
    files = {service: str(tmp_path / f"{service}.json") for service in databases}

    lost_of_grid = ["outbox", "lost", "grid", "--restored", files["grid"]]

    def compared() -> "subprocess.CompletedProcess[str]":
        for service, file in files.items():
            done = operator.run(
                databases[service], "outbox", "record", service, *period, "--to", file
            )
            assert done.returncode == 0, done.stderr
        return operator.run(None, *lost_of_grid, *files.values())

    whole = compared()
    assert (whole.returncode, len(whole.stdout.splitlines())) == (0, 1)
    assert json.loads(Path(files["grid"]).read_text())["service"] == "grid"
    execute(grid_db, "DELETE FROM outbox")
    missing = compared()
    assert missing.returncode == 1
    assert "grid: 1 events that others heard" in missing.stdout
    assert str(lost) in missing.stdout
    assert "inspections.on_case_filed" in missing.stdout
    assert "notifications.on_event" in missing.stdout
    short = operator.run(None, *lost_of_grid, files["grid"])
    assert (
        "no record of delivery of: gateway, inspections, notifications, volunteers" in short.stderr
    )


def test_what_a_purged_queue_held_is_named_with_the_command_that_mends_it(
    database_of: Callable[[str], Transactions], operator: Operator, tmp_path: Path
):
    databases = {service: database_of(service) for service in SERVICES}
    said = databases["grid"].change(lambda session: outbox.add(session, case_filed()))
    execute(databases["grid"], "UPDATE outbox SET sent_at = now()")
    for queue in queues_of("grid", "case_filed.v1"):
        if queue != "inspections.on_case_filed":
            claim = "INSERT INTO inbox (consumer, event_id) VALUES (:queue, :id)"
            execute(databases[queue.partition(".")[0]], claim, queue=queue, id=said)
    files = [tmp_path / f"{service}.json" for service in databases]

    def compared() -> "subprocess.CompletedProcess[str]":
        period = ["--since", AN_HOUR_AGO, "--until", IN_AN_HOUR]
        for (service, db), file in zip(databases.items(), files, strict=True):
            operator.run(db, "outbox", "record", service, *period, "--to", str(file))
        return operator.run(None, "outbox", "unheard", *map(str, files))

    missing = compared()
    assert missing.returncode == 1, missing.stderr
    first, _, row, _, command = missing.stdout.splitlines()
    assert first == "1 deliveries are missing"
    assert row.split()[:3] == ["inspections.on_case_filed", "1", "case_filed.v1"]
    assert operator.run(databases["grid"], *command.split()[1:]).stdout.startswith("grid: 1 ")
    under_way = compared()
    assert under_way.stdout == "every event that was sent was heard\n"
    assert under_way.returncode == 0


def test_the_age_of_backups_is_measured_and_infinite_without_any(
    grid_db: Transactions, tmp_path: Path
):
    watch_backups(Shelf(tmp_path), ["grid", "gateway"])
    back_up(grid_db, tmp_path)

    def age(service: str) -> float | None:
        return REGISTRY.get_sample_value("linli_backup_age_seconds", {"service": service})

    assert 0 < (age("grid") or 0) < 60
    assert age("gateway") == float("inf")
