"""Owns the proof that the documents are true where a machine can tell."""

import ast
import re
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from shared import metrics

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
RULES = range(1, 14)
TRAPS = range(1, 20)


def all_tests() -> set[str]:
    """Return the name of every test function."""
    trees = (ast.parse(p.read_text("utf-8")) for p in (ROOT / "tests").rglob("test_*.py"))
    functions = (node for tree in trees for node in ast.walk(tree))
    return {f.name for f in functions if isinstance(f, ast.FunctionDef) and f.name[:5] == "test_"}


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
    "path", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda path: path.name
)
def test_every_file_that_a_document_links_to_exists(path: Path):
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
