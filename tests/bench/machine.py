"""Owns the facts about the machine that stand beside every number."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests

from tests.bench.ground import Ground

_PACKAGES = ("nameko", "eventlet", "kombu", "amqp", "pika", "psycopg", "SQLAlchemy", "marshmallow")


def facts(ground: Ground, durable: bool) -> dict[str, Any]:
    """Return processor, memory, load at the start, versions, and whether disks were waited for."""
    overview = requests.get(f"{ground.nodes.rabbitmq_management_url}/api/overview", timeout=15)
    (postgres,) = ground.ask("grid", "SHOW server_version")
    return {
        "cores": os.cpu_count(),
        "processor": _first("/proc/cpuinfo", "model name"),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "postgresql": postgres,
        "postgresql_fsync": durable,
        "rabbitmq": overview.json()["rabbitmq_version"],
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _first(path: str, key: str) -> str:
    lines = Path(path).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
