"""Tests of deploy/local/operators.py."""

from pathlib import Path

import pytest

from deploy.local.layout import Layout
from deploy.local.operators import linli, service_of
from deploy.local.progress import Failure
from deploy.local.settings import Settings


def test_an_operators_command_on_a_system_that_is_down_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(Failure) as failure:
        linli(Layout.at(tmp_path), Settings(), ["parking", "list", "grid"])
    assert "make up" in failure.value.report()


@pytest.mark.parametrize(
    ("command", "service"),
    [
        ("parking list grid", "grid"),
        ("keys rotate inspections", "inspections"),
        ("erasures export gateway", "gateway"),
        ("audit verify grid", "grid"),
        ("migrate inspections", "inspections"),
        ("account add grid --name 葛瑞 --role inspector", "gateway"),
        ("client list", "gateway"),
        ("signing-keys rotate", "gateway"),
        ("signing-keys install grid keys.json", "grid"),
        ("register load areas.csv.gz", "grid"),
        ("parking list", None),
        ("", None),
    ],
)
def test_a_command_works_on_the_database_of_the_service_that_it_is_about(
    command: str, service: str | None
) -> None:
    assert service_of(command.split()) == service


def test_a_new_key_is_printed_whatever_the_service() -> None:
    assert service_of(["keys", "new"]) is not None


@pytest.mark.parametrize("command", ["--help", "parking --help", "backup make -h"])
def test_help_is_given_whatever_the_service(command: str) -> None:
    assert service_of(command.split()) is not None
