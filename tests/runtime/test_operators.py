"""Tests of deploy/local/operators.py."""

from pathlib import Path

import pytest

from deploy.local.layout import Layout
from deploy.local.operators import linli
from deploy.local.progress import Failure
from deploy.local.settings import Settings


def test_an_operators_command_on_a_system_that_is_down_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(Failure) as failure:
        linli(Layout.at(tmp_path), Settings(), ["parking", "list", "grid"])
    assert "make up" in failure.value.report()
