"""Tests of deploy/local/supervision.py and of how the system ends."""

import os
from configparser import RawConfigParser
from pathlib import Path

import pytest

from deploy.local.applications import KINDS, SERVICES
from deploy.local.leftovers import processes_of
from deploy.local.lifecycle import down
from deploy.local.programs import Program, environment_of
from deploy.local.progress import Progress
from deploy.local.supervision import Supervisor, configuration
from tests.runtime.systems import eventually, supervised, system_in

ODD = r"100% of it, k='v' \n {x}"


@pytest.fixture
def parsed(tmp_path: Path) -> RawConfigParser:
    parser = RawConfigParser()
    parser.read_string(system_in(tmp_path).supervisor_configuration())
    return parser


def test_every_process_is_supervised(parsed: RawConfigParser) -> None:
    programs = {name.removeprefix("program:") for name in parsed if name.startswith("program:")}
    own = {f"{service}-{kind}" for service in SERVICES for kind in KINDS}
    assert programs == own | {
        "provisioner",
        "epmd",
        "rabbitmq",
        "postgres",
        "nginx",
        "prometheus",
        "mailcatcher",
    }


def test_every_process_is_restarted_whatever_its_exit_code(parsed: RawConfigParser) -> None:
    sections = [parsed[name] for name in parsed if name.startswith("program:")]
    assert {section["autorestart"] for section in sections} == {"true"}
    assert min(int(section["startretries"]) for section in sections) >= 1000


def test_postgresql_is_stopped_by_its_fast_shutdown(parsed: RawConfigParser) -> None:
    assert parsed["program:postgres"]["stopsignal"] == "INT"


def test_applications_wait_for_their_databases_to_be_made(parsed: RawConfigParser) -> None:
    assert parsed["program:grid-api"]["autostart"] == "false"
    assert parsed["program:postgres"]["autostart"] == "true"


def test_no_secret_is_in_the_configuration(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    text = system.supervisor_configuration()
    secrets = [f for f in system.layout.secrets.iterdir() if not f.name.startswith("url_")]
    assert len(secrets) >= 3 + 2 * len(SERVICES)
    assert not [file.name for file in secrets if file.read_text().strip() in text]


def _program(system_state: Path, command: str) -> Program:
    return Program(
        name="sleeper",
        command=("/bin/sh", "-c", command),
        environment=environment_of(system_state, system_state, ODD=ODD),
        folder=system_state,
    )


def test_a_killed_process_is_started_again(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    conf = configuration(system.layout, [_program(tmp_path, "exec sleep 600")])
    with supervised(system, conf) as supervisor:
        eventually(lambda: supervisor.processes()["sleeper"].pid > 0)
        first = supervisor.processes()["sleeper"].pid
        eventually(lambda: supervisor.processes()["sleeper"].state == "RUNNING")
        os.kill(first, 9)
        eventually(lambda: supervisor.processes()["sleeper"].pid not in (0, first))
        # Only then, for a signal between fork and exec is lost on supervisord's handler.
        second = supervisor.processes()["sleeper"].pid
        eventually(lambda: Path(f"/proc/{second}/comm").read_text() == "sleep\n")


def test_environment_values_arrive_as_they_are(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    command = "printenv ODD >odd; exec sleep 600"
    written = tmp_path / "odd"
    with supervised(system, configuration(system.layout, [_program(tmp_path, command)])):
        eventually(lambda: written.exists() and written.read_text() == f"{ODD}\n")


def test_down_ends_children_that_left_their_process_group(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    command = "setsid sleep 600 & exec sleep 600"
    with supervised(system, configuration(system.layout, [_program(tmp_path, command)])):
        eventually(lambda: len(processes_of(tmp_path)) == 3)
        down(system.layout, Progress())
        assert processes_of(tmp_path) == []
        assert not Supervisor(system.layout).alive()


def test_down_ends_what_a_killed_supervisor_left(tmp_path: Path) -> None:
    system = system_in(tmp_path)
    conf = configuration(system.layout, [_program(tmp_path, "exec sleep 600")])
    with supervised(system, conf):
        eventually(lambda: len(processes_of(tmp_path)) == 2)
        os.kill(int((tmp_path / "supervisord.pid").read_text()), 9)
        down(system.layout, Progress())
        assert processes_of(tmp_path) == []
