"""Owns the specimens of `grid`."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from services.grid.schemas.cases import ListCases, ResolveCase
from services.grid.schemas.matrices import ActivateMatrix
from services.grid.schemas.reports import ReportProblem
from services.grid.usecases.case_reading import list_cases
from services.grid.usecases.case_records import CaseMove
from services.grid.usecases.cases import resolve_case
from services.grid.usecases.matrices import Activation, activate_matrix
from services.grid.usecases.owning import versions_on
from services.grid.usecases.reports import report_problem
from tests.factories import NOON
from tests.tokens import somebody
from tests.usecases.access.specimens import HOME, Call, Specimen, World
from tests.usecases.grid.posts import KUAI, post, put, set_up
from tests.usecases.grid.register import communities, csv_of, load
from tests.usecases.grid.test_cases import filed
from tests.usecases.shared.parking import execute

ROOT = "/api/v1/grid"
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


SPECIMENS: dict[str, Specimen] = {
    "import_areas": _import,
    "list_areas": lambda world: Call("free", "GET", f"{ROOT}/areas?parent=320508019"),
    "get_area": lambda world: Call("free", "GET", f"{ROOT}/areas/{HOME}"),
    "get_area_tree": lambda world: Call("free", "GET", f"{ROOT}/areas/320508019/tree"),
    "list_posts": lambda world: Call("free", "GET", f"{ROOT}/posts?area=320508"),
    "get_post": lambda world: Call("free", "GET", f"{ROOT}/posts/{KUAI}"),
    "put_post": _post,
    "appoint_holder": _appoint,
    "get_owners": lambda world: Call(
        "free", "GET", f"{ROOT}/owners?area={HOME}&case_class=exposed-litter"
    ),
    "get_matrix": _matrix,
    "list_matrix_lines": lambda world: _matrix(world, "/lines"),
    "list_findings": lambda world: Call("free", "GET", f"{ROOT}/matrices/{HOME[:6]}/findings"),
    "activate_matrix": _activate,
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
