"""Tests of deploy/local/status.py and its commands."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.layout import CHECKOUT, Layout
from deploy.local.progress import Failure
from deploy.local.settings import Settings
from deploy.local.status import status
from deploy.local.supervision import configuration
from tests.runtime.systems import supervised, system_in


def test_where_nothing_runs_it_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(Failure) as failure:
        status(Layout.at(tmp_path), Settings())
    assert "make up" in failure.value.report()


@pytest.mark.parametrize("words", ["status --long", "status --language en", "linli status --long"])
def test_it_takes_options_as_status_and_as_a_command_of_linli(tmp_path: Path, words: str) -> None:
    command = [sys.executable, "-m", "deploy.local", "--state", str(tmp_path), *words.split()]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing runs" in done.stderr


def test_a_supervisor_without_anything_that_answers_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    system = system_in(tmp_path)
    programs = system.own_programs()
    system.front_door.prepare()
    with supervised(system, configuration(system.layout, programs)):
        assert not status(system.layout, Settings(), ["--long", "--language", "zh"])
    shown = capsys.readouterr().out
    assert "grid-api             STOPPED" in shown
    assert "! 消息代理 RabbitMQ 看不到" in shown
    assert "! 进程没有应答：gateway-api" in shown
    assert system.prometheus.address in shown
