"""Owns the specimens of `volunteers`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.usecases.access.specimens import HOME, Call, Specimen, World
from tests.usecases.volunteers.stories import (
    checks_in,
    checks_out,
    code_of,
    execute,
    published,
    ready,
    registered,
    rows,
    signed_up,
)

ROOT = "/api/v1/volunteers"
WHY = {"json": {"reason": "核对保险名单"}}


def prepare(world: World) -> None:
    """Give it two communities, and let the caller be a volunteer."""
    ready(world.db)
    registered(world.db, world.caller)


def _times(**until_start: float) -> dict[str, datetime]:
    starts_at = datetime.now(UTC) + timedelta(**until_start)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}


def _activity(world: World) -> UUID:
    return published(world.db, **_times(minutes=10)).id


def _of_activity(world: World, method: str, path: str, **options: Any) -> Call:
    return Call("thing", method, f"{ROOT}/activities/{_activity(world)}{path}", options)


def _of_volunteer(world: World, method: str, path: str = "", **options: Any) -> Call:
    person = registered(world.db).id
    return Call("thing", method, f"{ROOT}/volunteers/{person}{path}", options)


def _register(world: World) -> Call:
    """Let the caller not be a volunteer: what was registered becomes somebody else's."""
    execute(world.db, "ALTER TABLE volunteers DISABLE TRIGGER ALL")
    execute(world.db, "DELETE FROM volunteers WHERE id = :id", id=world.caller)
    execute(world.db, "ALTER TABLE volunteers ENABLE TRIGGER ALL")
    body = {"area_code": HOME, "real_name": "朱婷"}
    return Call("create", "POST", f"{ROOT}/volunteers", {"json": body})


def _publish(world: World) -> Call:
    times = {name: at.isoformat() for name, at in _times(hours=1).items()}
    body = {"area_code": HOME, "kind": "environment_cleanup", "title": "清理", "place": "12 幢"}
    return Call("create", "POST", f"{ROOT}/activities", {"json": body | times | {"places": 5}})


def _list_activities(world: World) -> Call:
    _activity(world)
    return Call("free", "GET", f"{ROOT}/activities?area={HOME}")


def _sign_ups(world: World) -> Call:
    called = _activity(world)
    signed_up(world.db, registered(world.db).id, called)
    return Call("thing", "GET", f"{ROOT}/activities/{called}/sign-ups")


def _free(world: World) -> None:
    """Let the caller be a volunteer who has no engagement."""
    if not rows(world.db, "SELECT 1 FROM volunteers WHERE id = :id", id=world.caller):
        registered(world.db, world.caller)
    mine = "(SELECT id FROM sign_ups WHERE volunteer_id = :id)"
    execute(
        world.db,
        "UPDATE attendances SET checked_out_at = checked_in_at"
        f" WHERE checked_out_at IS NULL AND sign_up_id IN {mine}",
        id=world.caller,
    )
    execute(
        world.db,
        "UPDATE sign_ups SET state = 'withdrawn', withdrawn_at = now() WHERE volunteer_id = :id",
        id=world.caller,
    )


def _engaged(world: World) -> UUID:
    _free(world)
    called = _activity(world)
    signed_up(world.db, world.caller, called)
    return called


def _sign_up(world: World) -> Call:
    _free(world)
    return Call("free", "POST", f"{ROOT}/activities/{_activity(world)}/sign-ups")


def _withdraw(world: World) -> Call:
    return Call("free", "POST", f"{ROOT}/activities/{_engaged(world)}/withdraw")


def _check(world: World, way: str) -> Call:
    called = _engaged(world)
    if way == "out":
        checks_in(world.db, world.caller, called)
    body = {"code": code_of(world.db, called)}
    return Call("free", "POST", f"{ROOT}/activities/{called}/check-{way}", {"json": body})


def _hours(world: World) -> Call:
    """Write one line of the ledger for HOME, and see the list."""
    called = _activity(world)
    person = registered(world.db).id
    signed_up(world.db, person, called)
    checks_in(world.db, person, called)
    checks_out(world.db, person, called)
    return Call("list", "GET", f"{ROOT}/hours?area={HOME}")


def _own(world: World, path: str) -> Call:
    _free(world)
    return Call("free", "GET", f"{ROOT}/me{path}")


def _erase(world: World) -> Call:
    call = _of_volunteer(world, "POST", "/erase", **WHY)
    return Call("free", call.method, call.path, call.options)


def _list_volunteers(world: World) -> Call:
    registered(world.db)
    return Call("list", "GET", f"{ROOT}/volunteers?area={HOME}")


_UNMASK = {"json": {"what": "real_name", "reason": "核对保险名单"}}

SPECIMENS: dict[str, Specimen] = {
    "register_volunteer": _register,
    "list_volunteers": _list_volunteers,
    "get_volunteer": lambda world: _of_volunteer(world, "GET"),
    "unmask_volunteer": lambda world: _of_volunteer(world, "POST", "/unmask", **_UNMASK),
    "erase_volunteer": _erase,
    "get_own_volunteer": lambda world: _own(world, ""),
    "export_own_volunteer": lambda world: _own(world, "/export"),
    "list_activity_kinds": lambda world: Call("free", "GET", f"{ROOT}/activity-kinds"),
    "list_activities": _list_activities,
    "get_activity": lambda world: Call("free", "GET", f"{ROOT}/activities/{_activity(world)}"),
    "publish_activity": _publish,
    "cancel_activity": lambda world: _of_activity(world, "POST", "/cancel", **WHY),
    "list_sign_ups": _sign_ups,
    "get_check_in_code": lambda world: _of_activity(world, "GET", "/check-in-code"),
    "renew_check_in_code": lambda world: _of_activity(world, "POST", "/check-in-code"),
    "sign_up": _sign_up,
    "withdraw_sign_up": _withdraw,
    "check_in": lambda world: _check(world, "in"),
    "check_out": lambda world: _check(world, "out"),
    "list_own_sign_ups": lambda world: _own(world, "/sign-ups"),
    "list_own_hours": lambda world: _own(world, "/hours"),
    "list_hours": _hours,
    "list_audit": lambda world: Call("free", "GET", f"{ROOT}/audit"),
}
