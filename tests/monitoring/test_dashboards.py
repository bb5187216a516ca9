"""Tests of deploy/grafana: every query of every panel is one that Prometheus can answer."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.business_day import MACHINERY
from deploy.grafana.panels import DATASOURCE
from shared.messaging.topology import EVENTS
from tests.monitoring.promql import (
    DASHBOARDS,
    ROOT,
    VARIABLES,
    names_in,
    our_names,
    promtool,
    queries_of,
    recorded,
)

PROVISIONING = ROOT / "deploy" / "grafana" / "provisioning"
NOT_OURS = re.compile(r"rabbitmq_|process_|up$|ALERTS$")

each_dashboard = pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    board: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return board


def test_there_is_a_dashboard_of_the_system_a_service_events_and_the_business_day() -> None:
    assert {path.stem for path in DASHBOARDS} == {"system", "service", "events", "business-day"}


@each_dashboard
def test_promtool_takes_every_query(path: Path, tmp_path: Path) -> None:
    named = [
        {"record": f"panel:{number}", "expr": expr}
        for number, (_, expr) in enumerate(queries_of(path))
    ]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": path.stem, "rules": named}]}))
    checked = promtool("check", "rules", file)
    assert checked.returncode == 0, checked.stdout
    assert f"{len(named)} rules found" in checked.stdout


@each_dashboard
def test_every_query_asks_for_what_is_measured_or_recorded(path: Path) -> None:
    asked = set().union(*(names_in(expr) for _, expr in queries_of(path)))
    # those of RabbitMQ and Prometheus are compared with running ones in tests/journeys
    assert {n for n in asked - our_names() - recorded() if not NOT_OURS.match(n)} == set()


@each_dashboard
def test_a_variable_is_one_that_the_dashboard_has(path: Path) -> None:
    board = read(path)
    had = {f"${variable['name']}" for variable in board["templating"]["list"]} | {"$__range"}
    used = re.findall(r"\$\w+", json.dumps([panel.get("targets") for panel in board["panels"]]))
    assert set(used) <= had & set(VARIABLES)


@each_dashboard
def test_panels_lie_beside_each_other_and_have_numbers_of_their_own(path: Path) -> None:
    panels = read(path)["panels"]
    taken = [
        (place["x"] + right, place["y"] + down)
        for place in (panel["gridPos"] for panel in panels)
        for right in range(place["w"])
        for down in range(place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(right for right, _ in taken) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


@each_dashboard
def test_everything_is_asked_of_the_data_source_that_is_provisioned(path: Path) -> None:
    file = PROVISIONING / "datasources" / "prometheus.yml"
    (source,) = yaml.safe_load(file.read_text("utf-8"))["datasources"]
    assert (source["uid"], source["type"]) == (DATASOURCE["uid"], DATASOURCE["type"])
    board = read(path)
    asking = [panel for panel in board["panels"] if panel["type"] != "row"]
    targets = [target for panel in asking for target in panel["targets"]]
    variables = board["templating"]["list"]
    assert all(one["datasource"] == DATASOURCE for one in (*asking, *targets, *variables))


def test_the_dashboards_have_addresses_of_their_own() -> None:
    assert len({read(path)["uid"] for path in DASHBOARDS}) == len(DASHBOARDS)


def test_the_business_day_counts_every_event_that_tells_of_work() -> None:
    (path,) = (path for path in DASHBOARDS if path.stem == "business-day")
    queries = [expr for _, expr in queries_of(path)]
    for event in EVENTS:
        counted = [expr for expr in queries if f'"{event.noun_and_verb}[.]v.*"' in expr]
        assert len(counted) == (0 if event.noun_and_verb in MACHINERY else 2), event.name


def test_names_are_found_in_a_query() -> None:
    query = 'sum by (a) (rate(x_total{b=~"c|d"}[5m])) / on (a) s:y:max > 0 and bool_z offset 5h'
    assert names_in(query) == {"x_total", "s:y:max", "bool_z"}
