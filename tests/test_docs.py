"""Owns the proof that the documents are true where a machine can tell."""

import ast
import re
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics import MetricWrapperBase

from shared import metrics
from shared.messaging.topology import SERVICES, events_of

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
RULES = range(1, 14)
TRAPS = range(1, 20)


@cache
def all_tests() -> frozenset[str]:
    """Return the name of every test function."""
    trees = (ast.parse(p.read_text("utf-8")) for p in (ROOT / "tests").rglob("test_*.py"))
    functions = (node for tree in trees for node in ast.walk(tree))
    return frozenset(
        f.name for f in functions if isinstance(f, ast.FunctionDef) and f.name[:5] == "test_"
    )


def rows_of_rules() -> dict[int, str]:
    text = (DOCS / "delivery.md").read_text("utf-8")
    return {int(row[1]): row[0] for row in re.finditer(r"^\| (\d+) \|.*$", text, re.MULTILINE)}


def test_each_delivery_rule_names_tests_that_exist():
    rows, known = rows_of_rules(), all_tests()
    assert list(rows) == list(RULES)
    for number, row in rows.items():
        named = re.findall(r"`(test_\w+)`", row)
        assert named, f"rule {number} names no test"
        assert set(named) <= known, f"rule {number}"


def test_each_trap_of_the_stack_has_a_test_named_after_it():
    covered = {
        int(match[1]) for name in all_tests() if (match := re.match(r"test_trap_(\d+)_", name))
    }
    assert covered == set(TRAPS)


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_every_test_and_metric_that_a_document_names_exists(path: Path):
    text = path.read_text("utf-8")
    assert set(re.findall(r"`(test_\w+)`", text)) - {"test_docs"} <= all_tests()
    measured = {
        sample
        for collector in vars(metrics).values()
        if isinstance(collector, MetricWrapperBase)
        for family in collector.describe()
        for sample in (family.name, f"{family.name}_total")
    }
    assert set(re.findall(r"`(linli_\w+)", text)) <= measured


@pytest.mark.parametrize(
    "path",
    [*READMES, *sorted(DOCS.glob("*.md")), *sorted(ROOT.glob("services/*/README.md"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_file_that_a_document_links_to_exists(path: Path):
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def blocks(path: Path) -> list[list[str]]:
    """Return the lines of each fenced block without their comments, which people read."""
    found = re.findall(r"^```\n(.*?)^```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [
        [re.sub(r"\s+#.*$", "", line).rstrip() for line in block.splitlines()] for block in found
    ]


def links(path: Path) -> set[str]:
    """Return where a README leads to, but for the other README."""
    to = re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8"))
    return set(to) - {readme.name for readme in READMES}


def commands_in_tables(path: Path) -> set[str]:
    """Return the commands that the first columns name."""
    firsts = re.findall(r"^\| (`make [^|]+) \|", path.read_text("utf-8"), re.MULTILINE)
    return {command for first in firsts for command in re.findall(r"`([^`]+)`", first)}


@pytest.mark.parametrize(
    "part", [blocks, links, commands_in_tables], ids=lambda part: part.__name__
)
def test_both_readmes_have_the_same(part: Callable[[Path], Collection[Any]]):
    english, chinese = map(part, READMES)
    assert english, "nothing was found to compare"
    assert chinese == english


def test_the_readme_names_every_target_of_the_makefile():
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    text = READMES[0].read_text("utf-8")
    assert [target for target in targets if f"make {target}" not in text] == ["help"]


def test_the_ten_files_exist():
    text = READMES[0].read_text("utf-8")
    listed = re.findall(r"^\d+\. `([^`]+)`", text, re.MULTILINE)
    assert len(listed) == 10
    assert [name for name in listed if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_readme_names_all_that_it_says(service: str):
    text = (ROOT / "services" / service / "README.md").read_text("utf-8")
    assert [event.name for event in events_of(service) if event.name not in text] == []
