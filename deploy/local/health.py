"""Own the question whether each process of the local system is ready to work."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import requests

from deploy.local.applications import NAMES
from deploy.local.mail import MAILCATCHER
from deploy.local.ports import accepts
from deploy.local.system import System

Check = Callable[[], bool]


def checks(system: System) -> dict[str, Check]:
    """Return a check for each program of the system, by its name."""
    found: dict[str, Check] = {}
    if system.rabbitmq is not None:
        epmd = system.ports["epmd"]
        found |= {"epmd": lambda: accepts(epmd), "rabbitmq": system.rabbitmq.ready}
    if system.postgres is not None:
        found["postgres"] = system.postgres.ready
    caught = (MAILCATCHER,) if system.applications.mail.caught else ()
    for name in (*NAMES, *caught):
        found[name] = _answers(f"http://127.0.0.1:{system.ports[name]}/readyz")
    found["prometheus"] = system.prometheus.ready
    found["nginx"] = _front_door(system)
    return found


def ask_all(asked: Mapping[str, Check]) -> dict[str, bool]:
    """Return which checks hold, asked at the same time."""
    with ThreadPoolExecutor(len(asked)) as pool:
        return dict(zip(asked, pool.map(lambda check: check(), asked.values()), strict=True))


def _answers(url: str) -> Check:
    def check() -> bool:
        try:
            return requests.get(url, timeout=3).status_code == 200
        except requests.RequestException:
            return False

    return check


def _front_door(system: System) -> Check:
    own, door = system.layout.own_address(), system.front_door
    alive, through = _answers(f"{own}/healthz"), _answers(f"{own}/api/v1/grid/readyz")
    return lambda: accepts(door.ports["http"], door.near) and alive() and through()
