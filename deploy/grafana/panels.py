"""Own how a dashboard of Grafana is written down: panels in rows of 24 columns, as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

DATASOURCE = {"type": "prometheus", "uid": "linli-prometheus"}
"""As deploy/grafana/provisioning/datasources/prometheus.yml makes it."""

_WIDTH = 24

Kind = Literal["timeseries", "stat", "table", "bargauge"]


@dataclass(frozen=True)
class Query:
    """One query and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture. `limit` is from where on a value is red."""

    title: str
    queries: tuple[Query, ...]
    kind: Kind = "timeseries"
    unit: str = "short"
    width: int = 12
    height: int = 8
    limit: float | None = None
    bars: bool = False
    interval: str = ""
    """The least distance of two points; one bar an hour, say."""


@dataclass(frozen=True)
class Row:
    """A heading across the dashboard."""

    title: str


@dataclass(frozen=True)
class Variable:
    """What a person chooses at the top: values of a label."""

    name: str
    label: str
    query: str
    several: bool = False


@dataclass(frozen=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    rows: Sequence[Panel | Row]
    variables: tuple[Variable, ...] = ()
    since: str = "now-6h"


def stat(title: str, expr: str, limit: float | None = None) -> Panel:
    """Return a panel with one number."""
    return Panel(title, (Query(expr),), "stat", width=4, height=4, limit=limit)


def over_time(
    title: str,
    expr: str,
    legend: str = "{{service}}",
    *more: Query,
    unit: str = "short",
    limit: float | None = None,
) -> Panel:
    """Return a panel with a line for each series."""
    return Panel(title, (Query(expr, legend), *more), unit=unit, limit=limit)


def by_the_hour(title: str, expr: str, legend: str = "{{service}}", width: int = 12) -> Panel:
    """Return a panel with a bar for each hour; the query is over one hour."""
    return Panel(title, (Query(expr, legend),), width=width, bars=True, interval="1h")


def text_of(board: Board) -> str:
    """Return the dashboard as the JSON that Grafana reads from its folder."""
    written = {
        "uid": board.uid,
        "title": board.title,
        "tags": ["linli"],
        "schemaVersion": 38,
        "version": 1,
        "editable": False,
        "timezone": "Asia/Shanghai",
        "refresh": "30s",
        "time": {"from": board.since, "to": "now"},
        "templating": {"list": [_variable(one) for one in board.variables]},
        "panels": _placed(board.rows),
    }
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def _placed(rows: Sequence[Panel | Row]) -> list[dict[str, Any]]:
    """Put panels side by side while they fit, as reading goes."""
    placed: list[dict[str, Any]] = []
    x = y = line = 0
    for number, one in enumerate(rows, 1):
        width, height = (_WIDTH, 1) if isinstance(one, Row) else (one.width, one.height)
        if x + width > _WIDTH:
            x, y, line = 0, y + line, 0
        place = {"id": number, "gridPos": {"x": x, "y": y, "w": width, "h": height}}
        placed.append(place | (_row(one) if isinstance(one, Row) else _panel(one)))
        x, line = x + width, max(line, height)
    return placed


def _row(row: Row) -> dict[str, Any]:
    return {"type": "row", "title": row.title, "collapsed": False, "panels": []}


def _panel(panel: Panel) -> dict[str, Any]:
    colours: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        colours.append({"color": "red", "value": panel.limit})
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": colours},
        "custom": _drawn(panel) if panel.kind == "timeseries" else {},
    }
    written = {
        "type": panel.kind,
        "title": panel.title,
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [_target(panel, number, query) for number, query in enumerate(panel.queries)],
    }
    return written | ({"interval": panel.interval} if panel.interval else {})


def _drawn(panel: Panel) -> dict[str, Any]:
    drawn: dict[str, Any] = {"drawStyle": "bars" if panel.bars else "line"}
    if panel.bars:
        drawn |= {"fillOpacity": 70, "stacking": {"mode": "normal"}}
    if panel.limit is not None:
        drawn["thresholdsStyle"] = {"mode": "line"}
    return drawn


def _target(panel: Panel, number: int, query: Query) -> dict[str, Any]:
    at_once = panel.kind in ("table", "bargauge", "stat")
    return {
        "refId": chr(ord("A") + number),
        "datasource": DATASOURCE,
        "expr": query.expr,
        "legendFormat": query.legend,
        "instant": at_once,
        "range": not at_once,
        "format": "table" if panel.kind == "table" else "time_series",
    }


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": variable.query, "refId": variable.name},
        "refresh": 2,
        "sort": 1,
        "multi": variable.several,
        "includeAll": variable.several,
        "allValue": ".*" if variable.several else None,
    }
