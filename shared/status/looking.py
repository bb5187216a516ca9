"""Owns the look at the running system: asks every process, the broker and Prometheus at once."""

import math
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from shared import config
from shared.messaging.broker import Broker, BrokerRefused, BrokerUnavailable
from shared.messaging.topology import SERVICES, VHOST
from shared.status.seen import KINDS, PROVISIONER, Alert, Measures, Process, QueueState, Seen

CONTAINER_PORT = 8000
_TIMEOUT = (2, 12)
"""Seconds to connect and to answer: a process waits 10 s for a database that is away."""

_LAG = "max by (service) (service_queue:linli_event_effect_seconds:p95_5m)"


def container_addresses() -> dict[str, str]:
    """Return where each process listens in docker-compose.yml: under its own name."""
    own = [PROVISIONER, *(f"{service}-{kind}" for service in SERVICES for kind in KINDS)]
    return {name: f"{name}:{CONTAINER_PORT}" for name in own}


@dataclass(frozen=True)
class Whereabouts:
    """Where to look; without a monitor URL the broker is not seen."""

    processes: Mapping[str, str]
    monitor_url: str
    prometheus_url: str
    vhost: str = VHOST
    others: Mapping[str, bool] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Whereabouts":
        """Return those of this installation: the containers' names unless it says otherwise."""
        return cls(
            config.pairs("LINLI_PROCESSES", environ) or container_addresses(),
            config.optional("LINLI_RABBITMQ_MONITOR_URL", "", environ),
            config.optional("LINLI_PROMETHEUS_URL", "http://prometheus:9090", environ),
        )


def look(where: Whereabouts) -> Seen:
    """Return what everybody answered; who doesn't answer is seen as such, and nothing fails."""
    with ThreadPoolExecutor(len(where.processes) + 3) as pool:
        queues = pool.submit(_queues, where)
        alerts = pool.submit(_alerts, where.prometheus_url)
        lags = pool.submit(_lags, where.prometheus_url)
        asked = pool.map(_process, where.processes.keys(), where.processes.values())
        processes = {process.name: process for process in asked}
        found = (queues.result(), alerts.result(), lags.result())
        return Seen(SERVICES, processes, *found, where.others)


def _process(name: str, address: str) -> Process:
    try:
        ready = requests.get(f"http://{address}/readyz", timeout=_TIMEOUT)
        page = requests.get(f"http://{address}/metrics", timeout=_TIMEOUT)
        checks = ready.json()["checks"]
    except (requests.RequestException, KeyError):
        return Process(name, answers=False)
    failing = tuple(check for check, holds in checks.items() if not holds)
    return Process(name, True, failing, _measures(page.text))


def _measures(page: str) -> Measures:
    return Measures(
        (sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    )


def _queues(where: Whereabouts) -> tuple[QueueState, ...] | None:
    if not where.monitor_url:
        return None
    try:
        rows = Broker(where.monitor_url, where.vhost).queue_rows()
    except (BrokerUnavailable, BrokerRefused):
        return None
    states = (
        QueueState(row["name"], row.get("messages", 0), row.get("consumers", 0)) for row in rows
    )
    return tuple(sorted(states, key=lambda state: state.name))


def _alerts(url: str) -> tuple[Alert, ...] | None:
    found = _asked(f"{url}/api/v1/alerts")
    if found is None:
        return None
    return tuple(
        Alert(
            one["labels"]["alertname"],
            one["annotations"].get("summary_zh", ""),
            one["annotations"].get("summary_en", ""),
        )
        for one in found["alerts"]
        if one["state"] == "firing"
    )


def _lags(url: str) -> dict[str, float]:
    found = _asked(f"{url}/api/v1/query", query=_LAG) or {"result": []}
    values = {one["metric"]["service"]: float(one["value"][1]) for one in found["result"]}
    return {service: value for service, value in values.items() if not math.isnan(value)}


def _asked(url: str, **query: str) -> dict[str, Any] | None:
    """Return what Prometheus answered, None when it did not."""
    try:
        answer = requests.get(url, params=query, timeout=_TIMEOUT)
        data: dict[str, Any] = answer.json()["data"]
    except (requests.RequestException, KeyError):
        return None
    return data
