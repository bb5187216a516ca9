"""deploy/example.env explains every variable that the code reads, and no other."""

import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SET_BY_THE_RUNTIME = {"LINLI_STATE", "LINLI_PROGRAM"}
"""Marks that `make up` puts on its own processes to find them again."""


def named_in(paths: Iterable[Path]) -> set[str]:
    variable = re.compile(r"\b(?:LINLI|OTEL)_[A-Z_]+\b")
    names = {name for path in paths for name in variable.findall(path.read_text("utf-8"))}
    return {name.removesuffix("_FILE") for name in names if name != "LINLI_CLOCK_FILE"} | {
        name for name in names if name == "LINLI_CLOCK_FILE"
    }


def test_every_variable_is_explained_and_none_is_invented() -> None:
    code = [p for folder in ("shared", "services", "deploy") for p in (ROOT / folder).rglob("*.py")]
    explained = named_in([ROOT / "deploy" / "example.env"])
    assert named_in(code) - SET_BY_THE_RUNTIME == explained
