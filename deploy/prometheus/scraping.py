"""Own what Prometheus scrapes: prometheus.yml of the containers and of the local system alike.

Both come from the list of services, so neither can lack one. The local system has one process of a
name, at a known address; of containers any number run under a name, and Docker's DNS knows them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from deploy.local.applications import KINDS, NAMES, PROVISIONER, SERVICES, VHOST

BROKER = "rabbitmq"
ITSELF = "prometheus"
CONTAINER_PORT = 8000
EXPECTED = "instance:linli_process_expected:info"
_OURS = "linli"

_PER_QUEUE = ("queue_coarse_metrics", "queue_consumer_count")
"""What of each queue is asked for: RabbitMQ's plain page has sums only, and its page per object
would be as long as there are connections and channels."""

_HEAD = """\
# Written by `make monitoring` from deploy/prometheus/scraping.py and the list of services.
# Linli has no Alertmanager of its own: one file per Alertmanager in alertmanagers/, such as
#   - targets: ["alertmanager.example.gov.cn:9093"]
"""
_HEAD_OF_RULES = """\
# Written by `make monitoring` from deploy/prometheus/scraping.py and the list of services.
# ProcessDown tells of those that are not even a target.
"""


_KINDS = "|".join(KINDS)
_LABELS = (
    # all replicas of a process have its name, as in the local system
    ("__meta_dns_name", "(.+)", "instance"),
    ("__meta_dns_name", f"(.+?)(?:-(?:{_KINDS}))?", "service"),
    ("__meta_dns_name", f"(?:.+-)?({_KINDS}|{PROVISIONER})", "kind"),
    # and this tells them apart
    ("__address__", r"(.+):\d+", "replica"),
)
"""What a container's labels are made of: source, pattern, label."""


def of_containers() -> str:
    """Return prometheus.yml of docker-compose.yml, where a name may stand for many containers."""
    found = {"names": list(NAMES), "type": "A", "port": CONTAINER_PORT, "refresh_interval": "15s"}
    relabeled = [
        {"source_labels": [source], "regex": pattern, "target_label": label}
        for source, pattern, label in _LABELS
    ]
    processes = {
        "job_name": _OURS,
        "dns_sd_configs": [found],
        "relabel_configs": relabeled,
    }
    return _written(processes, {BROKER: f"{BROKER}:15692", ITSELF: "localhost:9090"})


def configuration(addresses: Mapping[str, str]) -> str:
    """Return prometheus.yml of processes whose addresses are known.

    `addresses` without a broker is for one that is somebody else's.
    """
    return _written(_job(_OURS, _processes(addresses)), addresses)


def expected_processes() -> str:
    """Return the rules that say which processes there must be: DNS forgets one that is gone."""
    rules = [{"record": EXPECTED, "expr": "vector(1)", "labels": labels} for labels in _expected()]
    group = {"name": "linli-expected-processes", "rules": rules}
    return _HEAD_OF_RULES + yaml.safe_dump({"groups": [group]}, sort_keys=False)


def _expected() -> Iterator[dict[str, str]]:
    yield {"job": _OURS, "instance": PROVISIONER, "service": PROVISIONER, "kind": PROVISIONER}
    for service in SERVICES:
        for kind in KINDS:
            name = f"{service}-{kind}"
            yield {"job": _OURS, "instance": name, "service": service, "kind": kind}


def _written(processes: Mapping[str, Any], addresses: Mapping[str, str]) -> str:
    jobs = [processes, _job(ITSELF, [_target(addresses, ITSELF)])]
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
    return [
        _target(addresses, one["instance"], service=one["service"], kind=one["kind"])
        for one in _expected()
    ]


def _target(addresses: Mapping[str, str], name: str, **labels: str) -> dict[str, Any]:
    return {"targets": [addresses[name]], "labels": {"instance": name, **labels}}
