"""Tests of deploy/prometheus/rules: they load, they fire when they should, and say what to do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.status import verdict
from tests.monitoring.promql import (
    PROMETHEUS,
    ROOT,
    RULE_FILES,
    alerts,
    names_in,
    our_names,
    promtool,
    recorded,
    rules,
)

UNIT_TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
SPOKEN = ("summary_zh", "summary_en", "description_zh", "description_en")
HAN = re.compile(r"[\u4e00-\u9fff]")


def headings() -> dict[str, str]:
    """Return what stands under each alert's heading in docs/operations.md."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    parts = re.split(r"^### (\w+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def cases() -> list[dict[str, Any]]:
    """Return every case of every unit test of an alert."""
    files = (yaml.safe_load(file.read_text("utf-8")) for file in UNIT_TESTS)
    tests = [test for file in files for test in file["tests"]]
    return [case for test in tests for case in test.get("alert_rule_test", ())]


def test_every_rule_loads() -> None:
    checked = promtool("check", "rules", *RULE_FILES)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("file", UNIT_TESTS, ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_only_then(file: Path) -> None:
    tested = promtool("test", "rules", file)
    assert tested.returncode == 0, tested.stdout


def test_of_every_alert_it_is_tested_when_it_fires_and_when_it_does_not() -> None:
    fires = {case["alertname"] for case in cases() if case["exp_alerts"]}
    silent = {case["alertname"] for case in cases() if not case["exp_alerts"]}
    assert fires == silent == set(alerts())


@pytest.mark.parametrize("name", alerts())
def test_an_alert_has_its_weight_and_says_in_two_languages_what_is_wrong(name: str) -> None:
    rule = alerts()[name]
    assert rule["labels"]["severity"] in ("critical", "warning")
    for spoken in SPOKEN:
        said = rule["annotations"][spoken]
        assert bool(HAN.search(said)) == spoken.endswith("_zh"), said


@pytest.mark.parametrize("name", alerts())
def test_an_alert_leads_to_what_the_runbook_says_of_it(name: str) -> None:
    rule = alerts()[name]
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{name.lower()}"
    said = headings()[name].strip()
    called = re.split("[：:]", rule["annotations"]["summary_zh"])[0]
    assert said.startswith(f"**{called}** · {rule['labels']['severity']} · ")
    assert re.search(r"^Do: |^Look and do: ", said, re.MULTILINE)


def test_the_runbook_explains_every_alert_and_no_other() -> None:
    assert list(headings()) == list(dict.fromkeys(headings()))
    assert set(headings()) == set(alerts())


def test_commands_of_the_runbook_are_targets_of_make() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= set(targets)


def test_rules_ask_only_for_what_is_measured() -> None:
    known = our_names() | recorded() | {"up"}
    asked = set().union(*(names_in(rule["expr"]) for rule in rules()))
    # RabbitMQ's are compared with a running one in tests/journeys
    assert {name for name in asked - known if not name.startswith("rabbitmq_")} == set()


@pytest.mark.parametrize(
    ("alert", "limit"),
    [
        ("OutboxOld", f"> {verdict.OUTBOX_SECONDS}"),
        ("QueueDeep", f"> {verdict.QUEUE_MESSAGES}"),
        ("DiskFilling", f"< {verdict.DISK_FREE_PART}"),
        ("CertificateExpiring", f"< {verdict.CERTIFICATE_DAYS} * 86400"),
    ],
)
def test_status_and_alerts_have_the_same_limits(alert: str, limit: str) -> None:
    assert limit in alerts()[alert]["expr"]
