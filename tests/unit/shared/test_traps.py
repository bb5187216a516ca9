"""Owns the proof that our code stays out of the traps of its stack (../shared/design/messaging.md).

Here are those that code, packages and topology show; tests/messaging/test_traps.py has the others.
"""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from packaging.requirements import Requirement

from shared.database import Transactions, build_engine
from shared.http.app import create_app
from shared.messaging.topology import SERVICES, queues
from tests.databases import KEYRING

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(
    path for top in ("shared", "services", "deploy") for path in ROOT.glob(f"{top}/**/*.py")
)
GREEN = ("nameko", "kombu", "amqp")
TAKEN_OF_GREEN = {
    "nameko.containers.ServiceContainer",
    "nameko.containers.WorkerContext",
    "nameko.extensions.DependencyProvider",
    "nameko.extensions.Entrypoint",
    "nameko.extensions.ProviderCollector",
    "nameko.extensions.SharedExtension",
    "nameko.messaging.QueueConsumer",
    "nameko.runners.ServiceRunner",
    "kombu.entity.Queue",
    "kombu.messaging.Consumer",
    "amqp.exceptions.AMQPError",
}
"""All that we use of these packages: nothing in it publishes, calls, or serves HTTP."""

HANDLERS_AT_ONCE = 200
each_service = pytest.mark.parametrize("service", SERVICES)


def words_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield every imported name, identifier and text of a module, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (("import", alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names):
                yield from (("import", f"{module}.{alias.name}") for alias in names)
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.keyword(arg=str(word)):
                yield "name", word
            case ast.Constant(value=str(text)) if id(node) not in told:
                yield "text", text


def files_with(pattern: str, *kinds: str) -> set[str]:
    """Return the modules that hold a word of one of these kinds that matches as a whole."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        for kind, word in words_of(path)
        if kind in kinds and re.fullmatch(pattern, word)
    }


def worker_of(service: str) -> Any:
    module = importlib.import_module(f"services.{service}.worker")
    return getattr(module, f"{service.title()}Worker")


def entrypoints_of(worker: Any) -> list[Any]:
    """Return what nameko will make entrypoints of."""
    return [
        entrypoint
        for method in vars(worker).values()
        for entrypoint in getattr(method, "nameko_entrypoints", ())
    ]


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Return every module that the doors and the machinery of all services load."""
    ours = [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in MODULES
        if path.match("shared/**/*.py")
        or path.match("services/*/worker.py")
        or path.match("services/*/api.py")
    ]
    program = "import importlib, sys; list(map(importlib.import_module, sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; print(*sys.modules)", *ours],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


def test_trap_7_only_the_relay_publishes():
    publishing = files_with(r"(basic_)?publish(er)?|Producer", "name")
    assert publishing == {"shared/messaging/relay.py"}


def test_trap_7_we_take_nothing_of_nameko_and_kombu_that_publishes_calls_or_serves():
    taken = {
        word
        for path in MODULES
        for kind, word in words_of(path)
        if kind == "import" and word.split(".")[0] in GREEN
    }
    assert taken <= TAKEN_OF_GREEN
    # by its name as a text, as nameko's configuration and importlib take it
    assert files_with(r"nameko\.(rpc|events|standalone|web|cli|amqp)\b.*", "text") == set()


def test_trap_8_nobody_turns_confirms_off():
    assert files_with(
        r"(?i).*(use_confirms|confirm_publish|transport_options).*", "name", "text"
    ) == (set())
    assert files_with(r"confirm_delivery", "name") == {"shared/messaging/relay.py"}


def test_trap_10_amqp_keeps_the_frames_of_two_greenlets_apart():
    def numbers(version: str) -> tuple[int, ...]:
        return tuple(int(part) for part in version.split(".")[:2])

    assert numbers(metadata.version("amqp")) >= (5, 4)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {r.name: r for r in map(Requirement, project["project"]["dependencies"])}
    assert not asked["amqp"].specifier.contains("5.3.1")
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    (version,) = [package["version"] for package in locked if package["name"] == "amqp"]
    assert asked["amqp"].specifier.contains(version)


@each_service
def test_trap_13_every_queue_of_a_service_has_exactly_one_handler(service: str):
    heard = Counter(entrypoint.queue_name for entrypoint in entrypoints_of(worker_of(service)))
    declared = [queue.name for queue in queues() if queue.name.startswith(f"{service}.")]
    assert heard == Counter(declared)


@each_service
def test_trap_13_a_handler_names_its_queue_as_a_literal(service: str):
    tree = ast.parse((ROOT / "services" / service / "worker.py").read_text(encoding="utf-8"))
    named = [
        decorator.args[0]
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
    ]
    assert len(named) == len(entrypoints_of(worker_of(service)))
    assert [ast.unparse(name) for name in named if not isinstance(name, ast.Constant)] == []


def test_trap_13_a_handler_that_is_renamed_hears_the_same_queue():
    consumer = importlib.import_module("shared.messaging.consumer")

    class Renamed:
        @consumer.consume("grid.on_finding_raised")
        def called_otherwise(self, event: object) -> None:
            """Handle it."""

    (entrypoint,) = entrypoints_of(Renamed)
    assert entrypoint.queue_name == "grid.on_finding_raised"


def test_trap_14_nothing_of_ours_loads_pkg_resources(loaded: set[str]):
    assert "shared.messaging.hosting" in loaded
    assert {name for name in loaded if re.match(r"pkg_resources|setuptools|nameko\.cli", name)} == (
        set()
    )


def test_trap_15_nothing_of_ours_loads_nameko_s_http(loaded: set[str]):
    assert "nameko.messaging" in loaded
    assert {n for n in loaded if re.match(r"nameko\.(web|websocket|testing)", n)} == set()


def test_trap_15_tests_run_without_nameko_s_plugin(pytestconfig: pytest.Config):
    assert not pytestconfig.pluginmanager.hasplugin("pytest_nameko")
    assert {"nameko.testing", "nameko.web"}.isdisjoint(sys.modules)


@each_service
def test_trap_15_http_is_flask(service: str):
    blueprints = importlib.import_module(f"services.{service}.api").BLUEPRINTS
    nowhere = build_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", 1)
    db = Transactions(nowhere, None, KEYRING)
    access = importlib.import_module(f"services.{service}.access").ACCESS
    assert isinstance(create_app(service, blueprints, db, access), Flask)


def test_trap_16_no_service_calls_another_over_the_broker(loaded: set[str]):
    assert {n for n in loaded if re.match(r"nameko\.(rpc|standalone|events|legacy)", n)} == set()
    assert files_with(r"rpc|(service_|cluster_)?rpc_?proxy|reply_to|correlation_id", "name") == (
        set()
    )


@each_service
def test_trap_18_a_worker_has_at_most_200_handlers_in_flight(service: str):
    hosting = importlib.import_module("shared.messaging.hosting")
    alone = [one for one in entrypoints_of(worker_of(service)) if not one.batch]
    parked = 1
    assert (len(alone) + parked) * hosting.MAX_WORKERS <= HANDLERS_AT_ONCE


def test_trap_19_nothing_of_ours_looks_into_a_queue():
    looks = r"basic_(get|nack|reject|recover)|SimpleQueue|SimpleBuffer|reject_log_error"
    assert files_with(looks, "name") == set()
    # the management API's way: POST /queues/<vhost>/<queue>/get
    assert files_with(r".*/get\b.*", "text") == set()
    # a message goes back where its result can't be stored, and nowhere else
    assert files_with(r"requeue|reject|recover", "name") == {"shared/messaging/connection.py"}


def test_trap_19_four_lost_connections_are_far_from_the_delivery_limit():
    limits = {queue.name: dict(queue.arguments)["x-delivery-limit"] for queue in queues()}
    assert {limit for name, limit in limits.items() if not name.startswith("parked.")} == {20}
    assert min(limits.values()) == 20
