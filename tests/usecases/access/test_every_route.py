"""Every route × every role and client × every relation of areas, against the access tables."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shared.auth.access import Access, Rule
from shared.auth.roles import EVERYONE
from shared.http.parked import PARKED_ACCESS
from shared.messaging.topology import SERVICES
from tests.databases import DatabaseServer
from tests.tokens import bearer, client_token, token
from tests.usecases.access.of_every_service import parked_specimens
from tests.usecases.access.specimens import HOME, Call, Specimen, World
from tests.usecases.access.worlds import Worlds, every_world

RELATIONS: dict[str, tuple[str, ...]] = {
    "the same": (HOME,),
    "above": (HOME[:6],),
    "among others": ("110101", HOME[:9], "4403"),
    "below": (HOME + "001",),
    "beside": ("320508019021",),
    "elsewhere": ("110101001001", "3207"),
    "none": (),
}
INSIDE = ("the same", "above", "among others")
CALLERS = (*EVERYONE, "client with the scope", "client without it", "nobody")


def access_of(service: str) -> Access:
    return {**importlib.import_module(f"services.{service}.access").ACCESS, **PARKED_ACCESS}


def specimens_of(service: str) -> dict[str, Specimen]:
    own = importlib.import_module(f"tests.usecases.access.of_{service}").SPECIMENS
    return {**own, **parked_specimens(service)}


ROUTES = [(service, name) for service in SERVICES for name in sorted(access_of(service))]


ISSUER = {
    "LINLI_ENV": "test",
    "LINLI_OIDC_ISSUER": "http://127.0.0.1:1",
    "LINLI_OIDC_CLIENT_ID": "linli",
    "LINLI_OIDC_CLIENT_SECRET": "a-secret-of-linli",
    "LINLI_OIDC_REDIRECT_URL": "https://linli.example/api/v1/gateway/session/oidc/callback",
}
"""An outside issuer that never answers: links with it can be made all the same."""


@pytest.fixture(scope="module", autouse=True)
def issuer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in ISSUER.items():
            environment.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def worlds(database_server: DatabaseServer) -> Iterator[Worlds]:
    with every_world(database_server) as made:
        yield made


def header_of(caller: str, rule: Rule, world: World, areas: tuple[str, ...]) -> dict[str, str]:
    if caller == "nobody":
        return {}
    if caller == "client with the scope":
        scopes = (rule.scope,) if rule.scope else ("grid.everything:write",)
        return bearer(client_token(*scopes, areas=areas, subject=world.caller))
    if caller == "client without it":
        return bearer(client_token("grid.nothing:read", areas=areas, subject=world.caller))
    return bearer(token(caller, areas=areas, subject=world.caller))  # type: ignore[arg-type]


def both(route: Rule, after: Rule) -> Rule:
    """Return what two rows of the table let through one after the other."""
    scope = after.scope if route.scope == after.scope else None
    return Rule(route.roles & after.roles, scope, after.by_area)


def may(caller: str, rule: Rule) -> bool:
    if caller == "client with the scope":
        return rule.scope is not None
    return caller in rule.roles


def items_of(answer: TestResponse) -> Any:
    """Return what a list holds; one of GeoJSON calls it features."""
    return answer.json["features" if answer.mimetype == "application/geo+json" else "items"]


def assert_answered_as_the_table_says(
    answer: TestResponse, call: Call, rule: Rule, case: tuple[str, str]
) -> None:
    caller, relation = case
    if rule.public:
        kinds = ("token-missing", "token-invalid", "role-not-allowed", "scope-missing")
        assert answer.status_code < 400 or answer.json["type"].rpartition(":")[2] not in kinds
    elif caller == "nobody":
        assert answer.status_code == 401
    elif not may(caller, rule):
        assert answer.status_code == 403
        kinds = ("role-not-allowed", "scope-missing", "for-persons-only")
        assert answer.json["type"].rpartition(":")[2] in kinds
    elif not rule.by_area or relation in (*(call.only or INSIDE), *call.also):
        assert answer.status_code < 300
        assert call.reach != "list" or items_of(answer)
        assert call.reach != "rows" or answer.json["added"]
    elif call.reach == "rows":
        assert (answer.status_code, answer.json["refused"]) == (200, answer.json["rows"])
    elif call.reach == "list":
        assert (answer.status_code, items_of(answer)) == (200, [])
    elif call.reach == "create":
        assert answer.status_code == 403
        assert answer.json["type"] == "urn:linli:problem:area-not-granted"
    else:
        assert answer.status_code == 404


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_a_rule_and_a_specimen(service: str) -> None:
    assert operations_of(service) == set(access_of(service)) == set(specimens_of(service))


def operations_of(service: str) -> set[str]:
    """Return the operations of a service as its own routes tell them."""
    blueprints = importlib.import_module(f"services.{service}.api").BLUEPRINTS
    app = Flask(service)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    own = {rule.endpoint.rpartition(".")[2] for rule in app.url_map.iter_rules()}
    return (own - {"static"}) | set(PARKED_ACCESS)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("service", "operation"), ROUTES, ids=lambda one: one)
def test_a_route_answers_each_caller_as_the_table_says(
    worlds: Worlds, service: str, operation: str, caller: str
) -> None:
    world, http = worlds[service]
    rule = access_of(service)[operation]
    call = specimens_of(service)[operation](world)
    rule = both(rule, access_of(service)[call.also_asks]) if call.also_asks else rule
    let_in = rule.public or may(caller, rule)
    used = False
    for relation, areas in RELATIONS.items():
        if used and let_in:
            # what it did may stand in the way of doing it again; a refusal changes nothing
            call = specimens_of(service)[operation](world)
        assert rule.by_area == (call.reach != "free")
        options = {**call.options}
        headers = header_of(caller, rule, world, areas) | options.pop("headers", {})
        answer = http.open(call.path, method=call.method, headers=headers, **options)
        used = True
        assert_answered_as_the_table_says(answer, call, rule, (caller, relation))
