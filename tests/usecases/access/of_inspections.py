"""Owns the specimens of `inspections`."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from tests.usecases.access.specimens import HOME, Call, Specimen, World
from tests.usecases.inspections.stories import inspected, ready, reinspection
from tests.usecases.inspections.test_http import CHECKLIST, INSPECTION

ROOT = "/api/v1/inspections"


def prepare(world: World) -> None:
    """Give it two communities and a checklist."""
    ready(world.db)


def _publish(world: World) -> Call:
    body = CHECKLIST | {"code": f"list-{uuid4().hex[:12]}"}
    return Call("free", "POST", f"{ROOT}/checklists", {"json": body})


def _record(world: World) -> Call:
    now = datetime.now(UTC).isoformat()
    body = INSPECTION | {"area_code": HOME, "inspected_at": now}
    body["results"] = [*INSPECTION["results"], {"item_code": "no-parking", "passed": True}]
    return Call("create", "POST", f"{ROOT}/inspections", {"json": body})


def _one(world: World) -> Call:
    found = inspected(world.db, "no-piling", inspected_at=datetime.now(UTC))
    return Call("thing", "GET", f"{ROOT}/inspections/{found.id}")


def _finding(world: World) -> Call:
    (raised,) = inspected(world.db, "no-piling", inspected_at=datetime.now(UTC)).findings
    return Call("thing", "GET", f"{ROOT}/findings/{raised.id}")


def _list(world: World, things: str) -> Call:
    inspected(world.db, "no-piling", inspected_at=datetime.now(UTC))
    return Call("list", "GET", f"{ROOT}/{things}?area={HOME}")


def _opened(world: World) -> UUID:
    (raised,) = inspected(world.db, "no-piling", inspected_at=datetime.now(UTC)).findings
    return reinspection(world.db, raised)


def _reinspections(world: World) -> Call:
    _opened(world)
    return Call("list", "GET", f"{ROOT}/reinspections?area={HOME}")


def _decide(world: World, decision: str, **body: str) -> Call:
    path = f"{ROOT}/reinspections/{_opened(world)}/{decision}"
    return Call("thing", "POST", path, {"json": body})


SPECIMENS: dict[str, Specimen] = {
    "get_area": lambda world: Call("free", "GET", f"{ROOT}/areas/{HOME}"),
    "publish_checklist": _publish,
    "list_checklists": lambda world: Call("free", "GET", f"{ROOT}/checklists"),
    "get_checklist": lambda world: Call("free", "GET", f"{ROOT}/checklists/compound-order"),
    "record_inspection": _record,
    "get_inspection": _one,
    "list_inspections": lambda world: _list(world, "inspections"),
    "get_finding": _finding,
    "list_findings": lambda world: _list(world, "findings"),
    "list_reinspections": _reinspections,
    "get_reinspection": lambda world: Call(
        "thing", "GET", f"{ROOT}/reinspections/{_opened(world)}"
    ),
    "pass_reinspection": lambda world: _decide(world, "pass", note="现场已清理干净"),
    "fail_reinspection": lambda world: _decide(world, "fail", reason="旧家具仍在门口"),
}
