"""Every route that gives a list: marks lead on there and nowhere else; indexes give its orders."""

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from deploy.contracts.openapi import documents
from services.inspections.usecases.checklists import publish_checklist
from shared.audit import trail
from shared.database import Transactions
from shared.http.listing import Listing
from shared.ids import new_id
from shared.messaging.topology import SERVICES
from tests.databases import DatabaseServer
from tests.tokens import bearer, token
from tests.usecases.access import of_gateway, of_notifications, of_volunteers
from tests.usecases.access.of_every_service import parked_specimens
from tests.usecases.access.specimens import HOME, Specimen, World
from tests.usecases.access.worlds import Worlds, every_world
from tests.usecases.inspections.stories import checklist
from tests.usecases.shared.parking import execute, park
from tests.usecases.volunteers import stories

Place = tuple[str, str]
"""A service, and an operation of it."""
Query = dict[str, str]


def lists() -> dict[Place, dict[str, Any]]:
    """Return what may be asked of every route that takes `after`, by parameter."""
    found: dict[Place, dict[str, Any]] = {}
    for service, document in documents().items():
        for methods in json.loads(document)["paths"].values():
            for said in methods.values():
                asked = said.get("parameters", []) if isinstance(said, dict) else []
                schemas = {one["name"]: one["schema"] for one in asked if one.get("in") == "query"}
                if "after" in schemas:
                    found[service, said["operationId"]] = schemas
    return found


LISTS = lists()
each_list = pytest.mark.parametrize("place", sorted(LISTS), ids=".".join)


def choices(place: Place, name: str) -> list[str]:
    """Return the values that an enumerated parameter may have, none where it isn't there."""
    return [one for one in LISTS[place].get(name, {}).get("enum", []) if one is not None]


def in_every_order(place: Place) -> list[Query]:
    return [{"sort": one} for one in choices(place, "sort")] or [{}]


def another(place: Place, name: str, asked: Query) -> str:
    """Return a value of a parameter other than that asked for, or that holds when none is."""
    schema = LISTS[place][name]
    if "enum" in schema:
        taken = asked.get(name, schema["default"])
        first = choices(place, name)[0] if name == "sort" and taken is None else taken
        return next(one for one in choices(place, name) if one != first)
    if "boolean" in schema["type"]:
        return "true"
    return {"uuid": str(UUID(int=5)), "date": "2026-12-24"}.get(schema.get("format"), "32")


def _session(world: World) -> None:
    execute(
        world.db,
        "INSERT INTO sessions (id, account_id, device, network, created_at, last_used_at,"
        " idle_until, expires_at) VALUES (:id, :account, 'x', 'x', now(), now(),"
        " now() + interval '1 hour', now() + interval '1 hour')",
        id=new_id(),
        account=world.caller,
    )


def _audited(world: World) -> None:
    def write(session: Session, now: datetime) -> None:
        trail.record(session, who="w", action="look", subject="case:1", facts={}, now=now)

    world.db.run(write)


def _checklist(world: World) -> None:
    request = vars(checklist()) | {"code": f"list-{new_id().hex[-12:]}"}
    world.db.run(publish_checklist, type(checklist())(**request))


def _sign_up(world: World) -> None:
    ((called,),) = stories.rows(world.db, "SELECT id FROM activities ORDER BY id DESC LIMIT 1")
    stories.signed_up(world.db, stories.registered(world.db).id, called)


def _served(world: World) -> None:
    call = of_volunteers.SPECIMENS["check_out"](world)
    stories.checks_out(world.db, world.caller, UUID(call.path.split("/")[-2]))


FILLED_BY: dict[str, Callable[[World], object]] = {
    "list_sessions": _session,
    "list_clients": of_gateway.SPECIMENS["get_client"],
    "list_audit": _audited,
    "list_parked_events": lambda world: park(world.db),
    "list_checklists": _checklist,
    "list_sign_ups": _sign_up,
    "list_own_sign_ups": of_volunteers.SPECIMENS["withdraw_sign_up"],
    "list_own_hours": _served,
    "list_messages": of_notifications.SPECIMENS["get_message"],
    "list_deliveries": of_notifications.SPECIMENS["retry_delivery"],
}
"""What adds a row to a list, where its specimen doesn't."""


WIDER = {"list_population": {"area": HOME[:9]}}
"""What is asked of a list whose specimen shows one row."""


class Door:
    """One list, as somebody with every right asks for it."""

    def __init__(self, worlds: Worlds, place: Place) -> None:
        """Make it have two rows at least."""
        self.world, self.http = worlds[place[0]]
        self._headers = bearer(token(subject=self.world.caller))
        specimen = specimens_of(place[0])[place[1]]
        specimen(self.world)
        call = urlsplit(specimen(self.world).path)
        self.path = call.path
        self.asked = dict(parse_qsl(call.query)) | WIDER.get(place[1], {})
        for _ in range(2):
            FILLED_BY.get(place[1], lambda _: None)(self.world)

    def answer(self, query: Query) -> TestResponse:
        """Ask for one row."""
        asked = self.asked | query | {"limit": "1"}
        return self.http.get(self.path, query_string=asked, headers=self._headers)

    def mark(self, query: Query) -> str:
        """Return the mark of the first page."""
        page = self.answer(query).json
        assert page["next"], page
        mark: str = page["next"]
        return mark

    def refuses(self, query: Query) -> bool:
        """Tell whether the mark in the query is refused as one that doesn't fit it."""
        answer = self.answer(query)
        assert answer.status_code in (200, 422), answer.json
        return answer.status_code == 422 and answer.json["type"].endswith(":bad-cursor")


def specimens_of(service: str) -> dict[str, Specimen]:
    own = importlib.import_module(f"tests.usecases.access.of_{service}").SPECIMENS
    return {**own, **parked_specimens(service)}


@pytest.fixture(scope="module")
def doors(database_server: DatabaseServer) -> Iterator[dict[Place, Door]]:
    with every_world(database_server) as worlds:
        yield {place: Door(worlds, place) for place in sorted(LISTS)}


@each_list
def test_a_mark_leads_to_other_rows_in_every_order(doors: dict[Place, Door], place: Place) -> None:
    door = doors[place]
    for order in in_every_order(place):
        second = door.answer(order | {"after": door.mark(order)})
        assert second.status_code == 200
        assert second.json["items"] != door.answer(order).json["items"]


@each_list
def test_a_mark_of_another_order_or_filter_is_refused(
    doors: dict[Place, Door], place: Place
) -> None:
    door = doors[place]
    mark = door.mark({})
    for name in LISTS[place].keys() - {"limit", "after"}:
        assert door.refuses({"after": mark, name: another(place, name, door.asked)}), name


@each_list
def test_a_mark_of_another_list_is_refused(doors: dict[Place, Door], place: Place) -> None:
    for other in LISTS:
        # the audit and the parked events of two services are lists of one kind
        if other[1] != place[1]:
            assert doors[place].refuses({"after": doors[other].mark({})}), other


def test_a_mark_of_the_sign_ups_of_another_activity_is_refused(doors: dict[Place, Door]) -> None:
    door = doors["volunteers", "list_sign_ups"]
    path, mark = door.path, door.mark({})
    other = of_volunteers.SPECIMENS["list_sign_ups"](door.world).path
    try:
        door.path = other
        assert door.refuses({"after": mark})
    finally:
        door.path = path


def test_what_callers_may_sort_by_is_what_the_lists_declare() -> None:
    declared = {
        tuple(sorted(value.orders))
        for service in SERVICES
        for module in pkgutil.iter_modules([f"services/{service}/usecases"])
        for value in vars(
            importlib.import_module(f"services.{service}.usecases.{module.name}")
        ).values()
        if isinstance(value, Listing) and len(value.orders) > 1
    }
    offered = {tuple(sorted(choices(place, "sort"))) for place in LISTS if choices(place, "sort")}
    assert offered - declared == {("-created_at", "created_at")}  # of parked events
    assert declared <= offered


@contextmanager
def listening(db: Transactions) -> Iterator[list[tuple[str, Any]]]:
    """Give the statements that read a part of something in an order."""
    heard: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "ORDER BY" in statement and "LIMIT" in statement:
            heard.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(db.engine, "before_cursor_execute", hear)


def plan_of(db: Transactions, statement: str, parameters: Any) -> str:
    """Return how PostgreSQL would run a statement if it must not sort unless nothing else helps."""
    with db.engine.connect() as connection:
        for method in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            connection.execute(text(f"SET LOCAL enable_{method} = off"))
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(plan.scalars())


@each_list
def test_pages_in_every_order_are_read_from_an_index_without_sorting(
    doors: dict[Place, Door], place: Place
) -> None:
    door = doors[place]
    door_db = door.world.db
    for order in in_every_order(place):
        mark = door.mark(order)
        for query in (order, order | {"after": mark}):
            with listening(door_db) as heard:
                door.answer(query)
            ((statement, parameters),) = heard
            plan = plan_of(door_db, statement, parameters)
            assert "Index" in plan and "Sort" not in plan, plan
