"""Owns the specimens of `grid`."""

from datetime import timedelta
from uuid import UUID, uuid4

from services.grid.schemas import ResolveCase
from services.grid.usecases.cases import CaseMove, resolve_case
from tests.factories import NOON
from tests.tokens import somebody
from tests.usecases.access.specimens import HOME, Call, Specimen, World
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_cases import filed

ROOT = "/api/v1/grid"


def prepare(world: World) -> None:
    """Load one street."""
    load(world.db, csv_of(communities(30)))


def _filed(world: World) -> UUID:
    return filed(world.db, area_code=HOME, deadline=NOON + timedelta(days=5)).id


def _resolved(world: World) -> UUID:
    case_id = _filed(world)
    world.db.run(resolve_case, CaseMove(case_id, somebody(subject=uuid4())), ResolveCase("已清理"))
    return case_id


def _list(world: World) -> Call:
    _filed(world)
    return Call("list", "GET", f"{ROOT}/cases?area={HOME}")


def _move(world: World, case_id: UUID, move: str, **body: str) -> Call:
    return Call("thing", "POST", f"{ROOT}/cases/{case_id}/{move}", {"json": body})


def _import(world: World) -> Call:
    body = csv_of(communities(3, f"改名{uuid4().hex[:6]}社区"))
    options = {"data": body, "content_type": "text/csv"}
    return Call("free", "POST", f"{ROOT}/areas/imports", options)


SPECIMENS: dict[str, Specimen] = {
    "import_areas": _import,
    "list_areas": lambda world: Call("free", "GET", f"{ROOT}/areas?parent=320508019"),
    "get_area": lambda world: Call("free", "GET", f"{ROOT}/areas/{HOME}"),
    "get_area_tree": lambda world: Call("free", "GET", f"{ROOT}/areas/320508019/tree"),
    "list_cases": _list,
    "get_case": lambda world: Call("thing", "GET", f"{ROOT}/cases/{_filed(world)}"),
    "resolve_case": lambda world: _move(world, _filed(world), "resolve", note="已清理"),
    "return_case": lambda world: _move(world, _resolved(world), "return", reason="仍有纸箱"),
    "close_case": lambda world: _move(world, _resolved(world), "close", note="现场已核"),
}
