"""Owns the specimens of `grid`."""

import io
import json
from datetime import date, timedelta
from itertools import count
from uuid import UUID, uuid4

from deploy.demo.boundaries import cells, collection, middle_of
from services.grid.boundary_file import BoundaryFile
from services.grid.boundary_uploads import GEOJSON
from services.grid.schemas.area_changes import EstablishArea, RenameArea
from services.grid.schemas.boundaries import ImportBoundaries
from services.grid.schemas.cases import ListCases, ResolveCase
from services.grid.schemas.compounds import PutBuilding, PutCompound
from services.grid.schemas.groups import PutGroup
from services.grid.schemas.matrices import ActivateMatrix
from services.grid.schemas.reports import ReportProblem
from services.grid.usecases.area_changes import AreaCommand, establish_area, rename_area
from services.grid.usecases.area_days import day_of
from services.grid.usecases.boundary_imports import import_boundaries
from services.grid.usecases.buildings import put_building
from services.grid.usecases.case_reading import list_cases
from services.grid.usecases.case_records import CaseMove
from services.grid.usecases.cases import resolve_case
from services.grid.usecases.compounds import CompoundChange, put_compound
from services.grid.usecases.groups import GroupChange, put_group
from services.grid.usecases.matrices import Activation, activate_matrix
from services.grid.usecases.owning import versions_on
from services.grid.usecases.reports import report_problem
from shared.clock import real_now
from tests.factories import NOON
from tests.tokens import somebody
from tests.usecases.access.specimens import HOME, Call, Reach, Specimen, World
from tests.usecases.grid.compounds import compound
from tests.usecases.grid.figures import figure, recorded
from tests.usecases.grid.posts import KUAI, post, put, set_up
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_cases import filed
from tests.usecases.shared.parking import execute
from tests.usecases.shared.people import rows

ROOT = "/api/v1/grid"
_HOUSEHOLDS = count(1)
REPORT = {
    "area_code": HOME,
    "case_class": "exposed-litter",
    "place": "8 幢北侧",
    "description": "两袋垃圾",
}


def prepare(world: World) -> None:
    """Load one street, with posts that own what happens in it."""
    load(world.db, csv_of(communities(30)))
    set_up(world.db)


def _filed(world: World) -> UUID:
    return filed(world.db, area_code=HOME, deadline=NOON + timedelta(days=5)).id


def _resolved(world: World) -> UUID:
    case_id = _filed(world)
    world.db.run(resolve_case, CaseMove(case_id, somebody(subject=uuid4())), ResolveCase("已清理"))
    return case_id


def _report(world: World) -> str:
    """Return the tracking number of a new report, from an address of its own."""
    wanted = ReportProblem(HOME, "exposed-litter", "8 幢北侧", "两袋垃圾")
    return report_problem(world.db, wanted, str(uuid4())).tracking_number


def _reported(world: World) -> UUID:
    _report(world)
    page = world.db.run(list_cases, ListCases(state="reported", limit=1), somebody())
    return page.items[0].id


def _waiting(world: World) -> UUID:
    """Return a case that waits for its owners: it was filed while there was no post."""
    put(world.db, KUAI, post(active=False))
    case_id = _filed(world)
    put(world.db, KUAI, post())
    return case_id


def _post(world: World) -> Call:
    body = {"json": post(name="三元一村（块）", area_code=HOME)}
    return Call("create", "PUT", f"{ROOT}/posts/kuai-{uuid4().hex}", body)


def _figure(world: World) -> UUID:
    """Return a figure of another person that awaits its approver."""
    return recorded(world.db, households=next(_HOUSEHOLDS)).id


def _decide(world: World, decision: str, **body: str) -> Call:
    path = f"{ROOT}/population/figures/{_figure(world)}/{decision}"
    return Call("thing", "POST", path, {"json": body} if body else {})


def _figures(world: World) -> Call:
    _figure(world)
    return Call("list", "GET", f"{ROOT}/population/figures?area={HOME}")


def _record(world: World) -> Call:
    body = {"json": figure(households=next(_HOUSEHOLDS))}
    return Call("create", "POST", f"{ROOT}/population/figures", body)


def _compound(world: World) -> str:
    """Return the code of a new compound in HOME that no cell takes care of."""
    code = f"c-{uuid4().hex}"
    request = PutCompound("三元一村", HOME, "old_estate", 9, 1, 1)
    world.db.run(put_compound, CompoundChange(code, somebody()), request)
    return code


def _buildings(world: World) -> Call:
    code = _compound(world)
    for number in "123":
        change = CompoundChange(code, somebody(), number=number)
        world.db.run(put_building, change, PutBuilding(f"{number} 幢", 1, 6, 12))
    return Call("thing", "GET", f"{ROOT}/compounds/{code}/buildings")


def _new_compound(world: World) -> Call:
    return Call("create", "PUT", f"{ROOT}/compounds/c-{uuid4().hex}", {"json": compound()})


def _building(world: World) -> Call:
    body = {"json": {"name": "8 幢", "units": 1, "floors": 6, "households": 12}}
    address = f"{ROOT}/compounds/{_compound(world)}/buildings/{uuid4().hex}"
    return Call("thing", "PUT", address, body)


def _in_compounds(world: World, reach: Reach, address: str) -> Call:
    return Call(reach, "GET", f"{ROOT}/{address.format(_compound(world))}")


def _group(world: World) -> str:
    code = f"g-{uuid4().hex}"
    world.db.run(put_group, GroupChange(code, somebody()), PutGroup("sector", "片区", HOME))
    return code


def _new_group(world: World) -> Call:
    body = {"json": {"kind": "sector", "name": "片区", "within_code": HOME, "members": []}}
    return Call("create", "PUT", f"{ROOT}/groups/g-{uuid4().hex}", body)


def _list_groups(world: World) -> Call:
    _group(world)
    return Call("list", "GET", f"{ROOT}/groups?area={HOME}")


def _appoint(world: World) -> Call:
    """Let somebody coordinate at a post in HOME."""
    code, today = f"kuai-{uuid4().hex}", date(2026, 11, 23)
    put(world.db, code, post(name="三元一村（块）", area_code=HOME))
    body = {"office": "coordinator", "person_id": str(uuid4()), "since": today.isoformat()}
    options = {"json": body, "headers": {"If-Match": "*"}}
    return Call("create", "POST", f"{ROOT}/posts/{code}/holders", options)


def _activated(world: World) -> None:
    """Activate the matrix; posts that other specimens left in HOME overlap, and are stopped."""
    execute(world.db, "UPDATE posts SET active = false WHERE area_code = :home", home=HOME)
    known = world.db.run(lambda session, now: versions_on(session, [HOME[:6]], date.max))
    conditional = bool(known)
    asked = Activation(HOME[:6], somebody(), conditional=conditional)
    world.db.run(activate_matrix, asked, ActivateMatrix())


def _activate(world: World) -> Call:
    """Activate the matrix of the district that HOME lies in; nobody below may."""
    _activated(world)
    options = {"json": {}, "headers": {"If-Match": "*"}}
    path = f"{ROOT}/matrices/{HOME[:6]}/activate"
    return Call("create", "POST", path, options, only=("above",))


def _matrix(world: World, part: str = "") -> Call:
    _activated(world)
    return Call("free", "GET", f"{ROOT}/matrices/{HOME[:6]}{part}")


def _list(world: World) -> Call:
    _filed(world)
    return Call("list", "GET", f"{ROOT}/cases?area={HOME}")


def _move(world: World, case_id: UUID, move: str, **body: str) -> Call:
    return Call("thing", "POST", f"{ROOT}/cases/{case_id}/{move}", {"json": body})


def _import(world: World) -> Call:
    body = csv_of(communities(3, f"改名{uuid4().hex[:6]}社区"))
    options = {"data": body, "content_type": "text/csv"}
    return Call("free", "POST", f"{ROOT}/areas/imports", options)


NEIGHBOUR = "320508019021"
TODAY = day_of(real_now())


def _begun_cell(world: World) -> str:
    """Return a cell of HOME that is there since yesterday."""
    (last,) = rows(world.db, f"SELECT max(code) FROM areas WHERE parent_code = '{HOME}'")
    asked = EstablishArea(
        effective_on=TODAY - timedelta(days=1),
        basis="街道通知",
        name="网格",
        parent_code=HOME,
        # number 1 is that of the cell that is drawn
        code=f"{HOME}{max(100, int(last[-3:]) if last else 0) + 1}",
    )
    (begun,) = world.db.run(establish_area, somebody(), asked).effects
    return begun.code


def _change(path: str, *, only: tuple[str, ...] = (), **body: object) -> Call:
    said = {"effective_on": TODAY.isoformat(), "basis": "街道通知"} | body
    return Call("create", "POST", f"{ROOT}/{path}", {"json": said}, only=only)


def _merge(world: World) -> Call:
    one, two = _begun_cell(world), _begun_cell(world)
    return _change("areas/merge", codes=[one, two], into={"code": one, "name": "合并网格"})


def _split(world: World) -> Call:
    code, other = _begun_cell(world), _begun_cell(world)
    free = f"{HOME}{int(other[-3:]) + 1:03}"
    parts = [{"code": code, "name": "东网格"}, {"code": free, "name": "西网格"}]
    return _change(f"areas/{code}/split", into=parts)


def _move_cell(world: World) -> Call:
    code = _begun_cell(world)
    to = NEIGHBOUR + code[-3:]
    return _change(f"areas/{code}/move", to_code=to, only=("above", "among others"))


def _renamed(world: World) -> UUID:
    asked = RenameArea(effective_on=TODAY, basis="街道通知", name="新网格")
    command = AreaCommand(_begun_cell(world), somebody())
    return world.db.run(rename_area, command, asked).id


def _changes(world: World) -> Call:
    _renamed(world)
    return Call("free", "GET", f"{ROOT}/area-changes")


def _cell(world: World, code: str | None = None) -> tuple[str, str, tuple[float, float]]:
    """Return the body that draws a new cell of HOME in a place of its own, and its middle."""
    (drawn,) = rows(world.db, "SELECT count(*) FROM boundaries")
    (cell,) = cells(HOME, 10 + 2 * drawn, 1, 1)
    cell["properties"] = {"code": code} if code else {"community": HOME}
    cell["properties"] |= {"name": "新网格"}
    return json.dumps(collection([cell])), GEOJSON, middle_of(10 + 2 * drawn, 0)


def _draw(world: World) -> Call:
    body, kind, _ = _cell(world)
    options = {"data": body.encode(), "content_type": kind}
    return Call("create", "POST", f"{ROOT}/boundaries/imports", options)


def _drawn(world: World, code: str | None = None) -> tuple[float, float]:
    """Draw a new cell of HOME, or one of that code; return its middle."""
    body, _, middle = _cell(world, code)
    file = BoundaryFile(io.BytesIO(body.encode()), packed=False)
    world.db.run(import_boundaries, file, ImportBoundaries(), somebody())
    return middle


def _first_drawn(world: World) -> None:
    """Let the first cell of HOME have a boundary."""
    if not rows(world.db, f"SELECT 1 FROM boundaries WHERE area_code = '{HOME}001'"):
        _drawn(world, f"{HOME}001")


def _boundaries(world: World) -> Call:
    _first_drawn(world)
    return Call("list", "GET", f"{ROOT}/boundaries?area={HOME}", also=("below",))


def _boundary(world: World) -> Call:
    _first_drawn(world)
    return Call("thing", "GET", f"{ROOT}/areas/{HOME}001/boundary", also=("below",))


def _cell_at(world: World) -> Call:
    lon, lat = _drawn(world)
    return Call("free", "GET", f"{ROOT}/cells/at?lon={lon}&lat={lat}")


def _sheet(world: World) -> Call:
    row = post(code=f"kuai-{uuid4().hex}", name="三元一村（块）", area_code=HOME)
    row |= {"case_classes": "", "active": "yes", "kind": "", "duties": "", "basis": ""}
    row |= {"assists": ""}
    body = f"{','.join(row)}\n{','.join(row.values())}\n"
    options = {"data": body, "content_type": "text/csv"}
    return Call("rows", "POST", f"{ROOT}/imports/posts", options, also_asks="put_post")


SPECIMENS: dict[str, Specimen] = {
    "import_areas": _import,
    "list_areas": lambda world: Call("free", "GET", f"{ROOT}/areas?parent=320508019"),
    "get_area": lambda world: Call("free", "GET", f"{ROOT}/areas/{HOME}"),
    "get_area_tree": lambda world: Call("free", "GET", f"{ROOT}/areas/320508019/tree"),
    "establish_area": lambda world: _change("areas", parent_code=HOME, name="新网格"),
    "rename_area": lambda world: _change(f"areas/{_begun_cell(world)}/rename", name="新网格"),
    "merge_areas": _merge,
    "split_area": _split,
    "move_area": _move_cell,
    "abolish_area": lambda world: _change(f"areas/{_begun_cell(world)}/abolish"),
    "revert_area_change": lambda world: _change(f"area-changes/{_renamed(world)}/revert"),
    "list_area_changes": _changes,
    "get_area_change": lambda world: Call("free", "GET", f"{ROOT}/area-changes/{_renamed(world)}"),
    "list_compounds": lambda world: _in_compounds(world, "list", f"compounds?area={HOME}"),
    "get_compound": lambda world: _in_compounds(world, "thing", "compounds/{}"),
    "summarise_compounds": lambda world: _in_compounds(
        world, "create", f"summaries/compounds?area={HOME}"
    ),
    "put_compound": _new_compound,
    "list_buildings": _buildings,
    "put_building": _building,
    "list_groups": _list_groups,
    "get_group": lambda world: Call("thing", "GET", f"{ROOT}/groups/{_group(world)}"),
    "put_group": _new_group,
    "list_assignment_findings": lambda world: _in_compounds(
        world, "list", f"assignments/findings?area={HOME}"
    ),
    "import_boundaries": _draw,
    "list_boundaries": _boundaries,
    "get_boundary": _boundary,
    "cell_at": _cell_at,
    "list_posts": lambda world: Call("free", "GET", f"{ROOT}/posts?area=320508"),
    "get_post": lambda world: Call("free", "GET", f"{ROOT}/posts/{KUAI}"),
    "put_post": _post,
    "appoint_holder": _appoint,
    "get_owners": lambda world: Call(
        "free", "GET", f"{ROOT}/owners?area={HOME}&case_class=exposed-litter"
    ),
    "get_joint_handling": lambda world: Call(
        "free", "GET", f"{ROOT}/owners/joint?area={HOME}&case_class=exposed-litter"
    ),
    "get_matrix": _matrix,
    "list_matrix_lines": lambda world: _matrix(world, "/lines"),
    "list_findings": lambda world: Call("free", "GET", f"{ROOT}/matrices/{HOME[:6]}/findings"),
    "activate_matrix": _activate,
    # the sum of a part would pass for that of the whole
    "list_population": lambda world: Call("create", "GET", f"{ROOT}/population?area={HOME}"),
    "list_population_figures": _figures,
    "record_population": _record,
    "approve_population": lambda world: _decide(world, "approve"),
    "refuse_population": lambda world: _decide(world, "refuse", reason="请核对"),
    "import_sheet": _sheet,
    # a part of the figures would pass for all
    "export_sheet": lambda world: Call(
        "create", "GET", f"{ROOT}/exports/population?area={HOME}", also_asks="list_population"
    ),
    "report_problem": lambda world: Call("free", "POST", f"{ROOT}/reports", {"json": REPORT}),
    "get_report": lambda world: Call("free", "GET", f"{ROOT}/reports/{_report(world)}"),
    "list_cases": _list,
    "get_case": lambda world: Call("thing", "GET", f"{ROOT}/cases/{_filed(world)}"),
    "file_case": lambda world: _move(world, _reported(world), "file", note="属实"),
    "refuse_case": lambda world: _move(world, _reported(world), "refuse", reason="已清走"),
    "dispatch_case": lambda world: _move(world, _waiting(world), "dispatch"),
    "resolve_case": lambda world: _move(world, _filed(world), "resolve", note="已清理"),
    "return_case": lambda world: _move(world, _resolved(world), "return", reason="仍有纸箱"),
    "close_case": lambda world: _move(world, _resolved(world), "close", note="现场已核"),
}
