"""The scopes that clients can be given are those that some action asks for, and no others."""

import importlib

from services.gateway.domain.scopes import SCOPES, services_of
from shared.messaging.topology import SERVICES


def test_the_list_of_scopes_is_that_of_all_access_tables() -> None:
    tables = [importlib.import_module(f"services.{name}.access").ACCESS for name in SERVICES]
    asked_for = {rule.scope for table in tables for rule in table.values() if rule.scope}
    assert asked_for == set(SCOPES)


def test_a_scope_belongs_to_the_service_whose_table_asks_for_it() -> None:
    for service in SERVICES:
        table = importlib.import_module(f"services.{service}.access").ACCESS
        for rule in table.values():
            assert rule.scope is None or services_of((rule.scope,)) == (service,)
