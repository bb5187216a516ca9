"""Owns what tests of monitoring share: promtool, the rules, the dashboards, names in a query."""

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from shared import metrics

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))

VARIABLES = {"$service": "grid", "$queue": "grid.on_finding_raised", "$__range": "24h"}
"""A value for each variable of a dashboard, Grafana's own among them."""

_WORDS = {"by", "without", "on", "ignoring", "and", "or", "unless", "bool", "offset", "group_left"}


def promtool(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run promtool; its output, errors too, is in `stdout`."""
    return subprocess.run(
        ["promtool", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@cache
def rules() -> list[dict[str, Any]]:
    """Return every recording and alert rule."""
    files = (yaml.safe_load(file.read_text("utf-8")) for file in RULE_FILES)
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """Return every alert rule by its name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> set[str]:
    """Return the name of every series that a rule records."""
    return {rule["record"] for rule in rules() if "record" in rule}


def queries_of(dashboard: Path) -> Iterator[tuple[str, str]]:
    """Yield each panel's title and one of its queries, variables filled."""
    for panel in json.loads(dashboard.read_text("utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], filled(target["expr"])


def filled(expr: str) -> str:
    """Return a query with a value in place of each variable."""
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    return expr


def names_in(expr: str) -> set[str]:
    """Return the names of the series that a query asks for."""
    plain = re.sub(r'"[^"]*"', "", expr)
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", plain)
    plain = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", plain)
    found = re.findall(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])", plain)
    return {name for name in found if name not in _WORDS}


def our_names() -> set[str]:
    """Return the name of every sample of every metric in shared/metrics.py."""
    found: set[str] = set()
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            ends = {Counter: ("_total",), Histogram: ("_bucket", "_sum", "_count")}
            found |= {family.name + end for end in ends.get(type(metric), ("",))}
    return found
