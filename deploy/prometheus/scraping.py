"""Own what Prometheus scrapes: prometheus.yml of the containers and of the local system alike.

Both come from the list of services, so neither can lack one; only addresses differ.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from deploy.local.applications import KINDS, PROVISIONER, SERVICES, VHOST

BROKER = "rabbitmq"
ITSELF = "prometheus"
CONTAINER_PORT = 8000

_PER_QUEUE = ("queue_coarse_metrics", "queue_consumer_count")
"""What of each queue is asked for: RabbitMQ's plain page has sums only, and its page per object
would be as long as there are connections and channels."""

_HEAD = """\
# Written by `make monitoring` from deploy/prometheus/scraping.py and the list of services.
# Linli has no Alertmanager of its own: one file per Alertmanager in alertmanagers/, such as
#   - targets: ["alertmanager.example.gov.cn:9093"]
"""


def container_addresses() -> dict[str, str]:
    """Return where everything answers in docker-compose.yml: by the name of its container."""
    own = [PROVISIONER, *(f"{service}-{kind}" for service in SERVICES for kind in KINDS)]
    servers = {BROKER: f"{BROKER}:15692", ITSELF: "localhost:9090"}
    return {name: f"{name}:{CONTAINER_PORT}" for name in own} | servers


def configuration(addresses: Mapping[str, str]) -> str:
    """Return prometheus.yml; `addresses` without a broker is for one that is somebody else's."""
    jobs = [_job("linli", _processes(addresses)), _job(ITSELF, [_target(addresses, ITSELF)])]
    if BROKER in addresses:
        broker = [_target(addresses, BROKER)]
        per_queue = {"params": {"family": list(_PER_QUEUE), "vhost": [VHOST]}}
        jobs.append(_job(BROKER, broker))
        jobs.append(_job("queues", broker, metrics_path="/metrics/detailed", **per_queue))
    written = {
        # a process whose database is away may answer late: its metrics ask the database
        "global": {
            "scrape_interval": "15s",
            "scrape_timeout": "14s",
            "evaluation_interval": "15s",
        },
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [{"file_sd_configs": [{"files": ["alertmanagers/*.yml"]}]}]},
        "scrape_configs": jobs,
    }
    return _HEAD + yaml.safe_dump(written, sort_keys=False, allow_unicode=True)


def _job(name: str, targets: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"job_name": name, **more, "static_configs": targets}


def _processes(addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    provisioner = _target(addresses, PROVISIONER, service=PROVISIONER, kind=PROVISIONER)
    return [
        provisioner,
        *(
            _target(addresses, f"{service}-{kind}", service=service, kind=kind)
            for service in SERVICES
            for kind in KINDS
        ),
    ]


def _target(addresses: Mapping[str, str], name: str, **labels: str) -> dict[str, Any]:
    return {"targets": [addresses[name]], "labels": {"instance": name, **labels}}
