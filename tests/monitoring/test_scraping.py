"""Tests of deploy/prometheus/scraping.py: one list of targets, here and in containers."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.applications import NAMES
from deploy.local.prometheus_node import PrometheusNode
from deploy.local.settings import Settings
from deploy.local.system import System
from deploy.prometheus.__main__ import written
from tests.monitoring.promql import PROMETHEUS, ROOT, promtool
from tests.runtime.systems import system_in


def jobs_of(configuration: str) -> dict[str, dict[str, Any]]:
    jobs = yaml.safe_load(configuration)["scrape_configs"]
    return {job["job_name"]: job for job in jobs}


def targets_of(job: dict[str, Any]) -> dict[str, str]:
    """Return the address of each target by its instance."""
    return {one["labels"]["instance"]: one["targets"][0] for one in job["static_configs"]}


@pytest.fixture
def system(tmp_path: Path) -> System:
    return system_in(tmp_path)


@pytest.mark.parametrize("path", written(), ids=lambda path: path.name)
def test_what_make_monitoring_writes_is_what_the_code_says(path: Path) -> None:
    assert path.read_text("utf-8") == written()[path], "run: make monitoring"


def test_no_dashboard_is_left_of_which_the_code_knows_nothing() -> None:
    folder = ROOT / "deploy" / "grafana" / "dashboards"
    assert set(folder.iterdir()) == {path for path in written() if path.parent == folder}


def test_prometheus_takes_the_configuration_of_the_containers() -> None:
    checked = promtool("check", "config", PROMETHEUS / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout


def relabeled(job: dict[str, Any], target: dict[str, str]) -> dict[str, str]:
    """Return the labels that a target found by DNS gets, as Prometheus makes them."""
    found: dict[str, str] = {}
    for rule in job["relabel_configs"]:
        (source,) = rule["source_labels"]
        if match := re.fullmatch(rule["regex"], target[source]):
            found[rule["target_label"]] = match[1]
    return found


def test_every_container_of_a_name_is_scraped_whatever_their_number() -> None:
    jobs = jobs_of((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    (found,) = jobs["linli"]["dns_sd_configs"]
    assert (set(found["names"]), found["type"], found["port"]) == (set(NAMES), "A", 8000)
    assert targets_of(jobs["rabbitmq"]) == {"rabbitmq": "rabbitmq:15692"}


def test_containers_have_the_labels_of_the_local_system_and_one_that_tells_them_apart(
    system: System,
) -> None:
    here = jobs_of(system.prometheus.configuration())["linli"]
    there = jobs_of((PROMETHEUS / "prometheus.yml").read_text("utf-8"))["linli"]
    for target in here["static_configs"]:
        told = {"__meta_dns_name": target["labels"]["instance"], "__address__": "172.18.0.7:8000"}
        assert relabeled(there, told) == target["labels"] | {"replica": "172.18.0.7"}


def test_every_process_of_the_local_system_is_expected_under_its_labels(system: System) -> None:
    groups = yaml.safe_load((PROMETHEUS / "rules" / "expected.yml").read_text("utf-8"))["groups"]
    expected = [rule["labels"] for group in groups for rule in group["rules"]]
    targets = jobs_of(system.prometheus.configuration())["linli"]["static_configs"]
    assert expected == [{"job": "linli", **target["labels"]} for target in targets]


def test_servers_of_the_local_system_are_scraped_as_those_in_containers_are(system: System) -> None:
    here = jobs_of(system.prometheus.configuration())
    there = jobs_of((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    assert list(here) == list(there)
    for name, job in here.items():
        if name == "linli":
            continue
        assert targets_of(job).keys() == targets_of(there[name]).keys()
        assert job | {"static_configs": []} == there[name] | {"static_configs": []}
    ports = {f"127.0.0.1:{port}" for port in system.ports.values()}
    assert set(targets_of(here["linli"]).values()) <= ports


def test_a_broker_that_is_somebody_elses_is_not_scraped(tmp_path: Path) -> None:
    own = Settings(
        rabbitmq_management_url="http://a:b@mq.example:15672", rabbitmq_amqp_url="amqp://mq.example"
    )
    jobs = jobs_of(system_in(tmp_path, own).prometheus.configuration())
    assert set(jobs) == {"linli", "prometheus"}


def test_prometheus_keeps_seven_days_and_listens_on_loopback_alone(system: System) -> None:
    command = system.prometheus.program().command
    assert "--storage.tsdb.retention.time=7d" in command
    assert f"--web.listen-address=127.0.0.1:{system.ports['monitoring']}" in command


def test_a_change_of_what_is_scraped_starts_the_system_anew(system: System) -> None:
    other = PrometheusNode(system.layout, system.ports, with_broker=False)
    changed = System(
        system.layout,
        system.ports,
        system.postgres,
        system.rabbitmq,
        system.applications,
        system.front_door,
        other,
    )
    assert changed.runtime_mark() != system.runtime_mark()
