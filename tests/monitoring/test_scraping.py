"""Tests of deploy/prometheus/scraping.py: one list of targets, here and in containers."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.prometheus_node import PrometheusNode
from deploy.local.settings import Settings
from deploy.local.system import System
from deploy.prometheus.__main__ import written
from shared.messaging.topology import SERVICES
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


def test_containers_are_scraped_under_their_names() -> None:
    jobs = jobs_of((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    names = {
        "provisioner",
        *(f"{s}-{kind}" for s in SERVICES for kind in ("api", "worker", "relay")),
    }
    assert targets_of(jobs["linli"]) == {name: f"{name}:8000" for name in names}
    assert targets_of(jobs["rabbitmq"]) == {"rabbitmq": "rabbitmq:15692"}


def test_the_local_system_is_scraped_as_the_containers_are(system: System) -> None:
    here = jobs_of(system.prometheus.configuration())
    there = jobs_of((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    assert list(here) == list(there)
    for name, job in here.items():
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
