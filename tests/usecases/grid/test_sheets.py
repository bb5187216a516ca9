"""Spreadsheets in and out, through their HTTP door."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.grid.sheets import EXPORTED, IMPORTED
from shared.auth.roles import Role
from shared.database import Transactions
from shared.sheets.reading import CSV, XLSX, read_sheet
from shared.sheets.writing import write_sheet
from tests.databases import SetClock
from tests.factories import COMMUNITY
from tests.observe import outbox_of
from tests.tokens import bearer, client_token, token
from tests.usecases.grid.figures import approved, figure
from tests.usecases.grid.posts import SECRETARIES
from tests.usecases.grid.register import CHAIN, HEADER, communities, csv_of, load
from tests.usecases.grid.test_imports import at_once

ROOT = "/api/v1/grid"
STREET = "320508019"
POSTS = (
    "岗位代码,岗位名称,条块,区划代码,负责类别,第一责任人编号,直接责任人编号,在用,"
    "岗位类型,职责,设立依据,协办类别"
)
HOLDERS = "岗位代码,责任人类别,人员编号,开始日期,结束日期（不含当日）,代理"
BUILDINGS = "小区代码,楼栋号,楼栋名称,单元数,层数,户数,走道灯总数,走道灯已装,在用"
COMPOUNDS = (
    "小区代码,小区名称,社区代码,小区类型,户数,建筑面积（平方米）,楼栋数,建成年份,改造状态,"
    "改造计划年度,改造批次或依据,物业管理,物业公司,出入口,走道灯总数,走道灯已装,便民设施,"
    "单元格代码,在用,生效日期"
)
GROUPS = "代码,类别,名称,所属区划代码,成员代码,包保单元格代码,负责人编号,在用,生效日期"
FIGURES = "社区代码,小区代码,日期,常住人口,户籍人口,户数,来源类别,来源"


@pytest.fixture
def http(grid_http: FlaskClient, grid_db: Transactions, clock: SetClock) -> FlaskClient:
    """The door of a grid that knows one street of 30 communities, and a compound in it."""
    clock.set(datetime(2026, 11, 26, 2, tzinfo=UTC))
    load(grid_db, csv_of(communities(30)))
    put(grid_http, "compounds", f"{COMPOUNDS}\n{compound(1, code='ly', lights=',')}")
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("DELETE FROM outbox"))
    return grid_http


def post(number: int, name: str = "网格", **cells: str) -> str:
    """Return a row of a post in the street."""
    row = {
        "code": f"kuai-{number}",
        "name": f"{name}{number}（块）",
        "branch": "块",
        "area": f"{STREET}{number % 30:03d}",
        "classes": "",
        "first": str(SECRETARIES[0]),
        "direct": str(SECRETARIES[1]),
        "active": "是",
        "kind": "",
        "duties": "",
        "basis": "",
        "assists": "",
    }
    return ",".join((row | cells).values())


def households(number: int, **values: Any) -> str:
    """Return a row of a figure of a community of the street."""
    row = figure(area_code=f"{STREET}{number:03d}", **values)
    numbers = ",".join(str(row[name]) for name in ("residents", "registered", "households"))
    return f"{row['area_code']},,2020/11/1,{numbers},人口普查,{row['source']}"


def compound(number: int, code: str = "xq", lights: str = "420,398", **cells: str) -> str:
    """Return a row of an old estate in the street."""
    row = {
        "code": f"{code}-{number}",
        "name": f"三元{number}村",
        "area": f"{STREET}{number % 30:03d}",
        "kind": "老旧小区",
        "numbers": "1240,86000,42,1986",
        "renewal": "已列入计划,2027,2027 年第一批",
        "property": "社区代管,",
        "entrances": "三元路/主/有岗；彩香路/主/无岗；便门\\/侧/次/有岗",
        "lights": lights,
        "facilities": "自行车棚/12/11",
        "rest": ",是,",
    }
    return ",".join((row | cells).values())


def building(number: int) -> str:
    """Return a row of a building of a compound that is there."""
    return f"ly-1,{number},{number} 幢,4,6,48,24,{number % 24},是"


def group(number: int) -> str:
    """Return a row of a zone of one community."""
    return f"gq-{number},管区,第{number}管区,{STREET},{STREET}{number % 30:03d},,,是,"


ROWS: dict[str, tuple[str, Callable[[int], str]]] = {
    "buildings": (BUILDINGS, building),
    "compounds": (COMPOUNDS, compound),
    "groups": (GROUPS, group),
    "posts": (POSTS, post),
    "population": (FIGURES, households),
}
each_subject = pytest.mark.parametrize("subject", sorted(ROWS))
each_form = pytest.mark.parametrize("form", ["csv", "xlsx"])


def sheet_of(subject: str, count: int) -> bytes:
    header, row = ROWS[subject]
    return "\r\n".join([header, *map(row, range(count)), ""]).encode()


def put(http: FlaskClient, subject: str, data: bytes | str, kind: str = CSV, **more: Any) -> Any:
    headers = more.pop("headers", {}) | {"Content-Type": kind}
    body = data if isinstance(data, bytes) else data.encode()
    return http.post(f"{ROOT}/imports/{subject}", data=body, headers=headers, query_string=more)


def export(
    http: FlaskClient, subject: str, form: str = "csv", area: str = STREET, **more: Any
) -> Any:
    headers = more.pop("headers", {})
    query = {"area": area, "format": form, **more}
    return http.get(f"{ROOT}/exports/{subject}", query_string=query, headers=headers)


def counts(report: Any) -> tuple[int, ...]:
    assert report.status_code == 200, report.json
    return tuple(report.json[name] for name in ("added", "changed", "unchanged", "refused"))


def test_every_subject_is_tested_here() -> None:
    assert {*ROWS, "holders"} == set(IMPORTED)


def test_holders_come_in_by_period_and_go_out_the_same(http: FlaskClient) -> None:  # G14
    put(http, "posts", f"{POSTS}\n{post(1)}")
    deputy = UUID(int=301)
    file = [
        HOLDERS,
        f"kuai-1,直接责任人,{deputy},2026-12-01,2026-12-08,是",
        f"kuai-1,联络人,{UUID(int=302)},2026-11-26,,否",
        f"kuai-1,第一责任人,{SECRETARIES[1]},2026-12-20,,否",
        f"kuai-9,第一责任人,{SECRETARIES[1]},2026-12-20,,否",
        "kuai-1,第一责任人,,2027-06-30,,否",
    ]
    report = put(http, "holders", "\n".join(file))
    assert counts(report) == (0, 3, 0, 2)
    assert [one["row"] for one in report.json["problems"]] == [4, 5]
    shown = http.get(f"{ROOT}/posts/kuai-1?on=2026-12-03").json
    assert {"office": "direct", "person_id": str(deputy), "acting": True} in shown["holders"]
    assert http.get(f"{ROOT}/posts/kuai-1?on=2027-07-01").json["vacant"] == ["first"]
    again = put(http, "holders", export(http, "holders").data)
    assert counts(again) == (0, 0, 4, 0)


@each_subject
def test_a_file_goes_in_once(http: FlaskClient, grid_db: Transactions, subject: str) -> None:
    assert counts(put(http, subject, sheet_of(subject, 5))) == (5, 0, 0, 0)
    said = len(outbox_of(grid_db))
    again = put(http, subject, sheet_of(subject, 5))
    assert counts(again) == (0, 0, 5, 0)
    assert len(outbox_of(grid_db)) == said
    assert (again.json["read_as"], again.json["rows"]) == ("UTF-8", 5)


@pytest.mark.parametrize("subject", ["compounds", "population", "posts"])
def test_of_1500_rows_with_a_bad_one_1499_go_in(http: FlaskClient, subject: str) -> None:  # G21
    header, row = ROWS[subject]
    lines = [header, *map(row, range(1500))]
    if subject == "population":
        of_one_day = [row(number) for number in range(30)]
        lines = [header, *(line(day) for day in range(50) for line in days(of_one_day))]
    lines[49] = lines[49].replace(STREET, "99")
    first = put(http, subject, "\n".join(lines))
    assert counts(first) == (1499, 0, 0, 1)
    ((problem),) = first.json["problems"]
    assert (problem["row"], problem["value"][:2]) == (50, "99")
    assert problem["column"] in ("区划代码", "社区代码")
    assert counts(put(http, subject, "\n".join(lines))) == (0, 0, 1499, 1)


def days(lines: list[str]) -> list[Callable[[int], str]]:
    """Return the rows of a day, so many days after the first."""
    return [
        lambda day, line=line: line.replace("2020/11/1", f"{2020 - day // 12}年{day % 12 + 1}月1日")
        for line in lines
    ]


@each_form
@each_subject
def test_an_export_imports_back_to_the_same(
    http: FlaskClient, grid_db: Transactions, subject: str, form: str
) -> None:
    put(http, "posts", f"{POSTS}\n{post(1)}\n" + post(2, branch="条", classes="litter graffiti"))
    put(http, "posts", f"{POSTS}\n{post(3, name='-=@网格', active='否')}")
    for other in ("compounds", "buildings", "groups"):
        assert counts(put(http, other, sheet_of(other, 5))) == (5, 0, 0, 0)
    approved(grid_db, source="=普查")
    approved(grid_db, area_code=f"{STREET}001", compound_code="ly-1", residents=700)
    before = len(outbox_of(grid_db))
    for language in ("zh", "en"):
        file = export(http, subject, form, headers={"Accept-Language": language})
        assert file.status_code == 200
        kind = file.headers["Content-Type"].partition(";")[0]
        sheet = read_sheet(file.data, kind)
        wanted = [column.header(language) for column in EXPORTED[subject].columns]
        assert list(sheet.header) == wanted
        assert counts(put(http, subject, file.data, kind)) == (0, 0, len(sheet.rows), 0)
        assert sheet.rows
    assert len(outbox_of(grid_db)) == before
    assert f"{subject}-{STREET}.{form}" in file.headers["Content-Disposition"]


@each_form
def test_an_export_of_areas_is_a_register_file(
    http: FlaskClient, grid_db: Transactions, form: str
) -> None:
    with Session(grid_db.engine) as session, session.begin():
        session.execute(text("UPDATE areas SET dated = true WHERE code = :c"), {"c": COMMUNITY})
        session.execute(
            text(
                "INSERT INTO area_versions (code, since, until, name) VALUES"
                " (:c, NULL, '2026-01-01', '旧名'), (:c, '2026-01-01', NULL, '社区20')"
            ),
            {"c": COMMUNITY},
        )
    file = export(http, "areas", form)
    sheet = read_sheet(file.data, file.headers["Content-Type"].partition(";")[0])
    assert sheet.header == ("code", "name", "level", "parent_code")
    assert len(sheet.rows) == 31
    answer = http.post(f"{ROOT}/areas/imports", data=file.data, content_type=file.mimetype)
    assert (answer.status_code, answer.json["unchanged"]) == (201, 31)
    then = export(http, "areas", on="2025-12-31").data.decode("utf-8-sig")
    assert f"{COMMUNITY},旧名,community,{STREET}" in then.splitlines()


def test_a_dry_run_tells_what_would_happen_and_changes_nothing(
    http: FlaskClient, grid_db: Transactions
) -> None:
    put(http, "posts", f"{POSTS}\n{post(1)}\n{post(2)}")
    said = len(outbox_of(grid_db))
    file = "\n".join([POSTS, post(1), post(2, name="改"), post(3), post(4, branch="?")])
    tried = put(http, "posts", file, dry_run="true")
    assert (counts(tried), tried.json["dry_run"]) == ((1, 1, 1, 1), True)
    assert len(outbox_of(grid_db)) == said
    assert http.get(f"{ROOT}/posts/kuai-3").status_code == 404
    assert counts(put(http, "posts", file)) == (1, 1, 1, 1)


def test_what_is_wrong_with_a_row_is_said_where_it_stands(http: FlaskClient) -> None:
    rows = [
        post(1, branch="左"),
        post(2, first="张三", direct=""),
        post(3, direct=str(SECRETARIES[0])),
        post(4, name="电话 13812345678 "),
        post(5, active="也许"),
        post(6, area="3.20508E+11"),
        post(7) + ",多余",
        post(8),
        post(8),
        post(9, classes="litter"),
        "",
        post(10, code="Kuai"),
    ]
    report = put(http, "posts", "\n".join([POSTS, *rows])).json
    assert (report["added"], report["refused"], report["rows"]) == (1, 10, 11)
    found = [(one["row"], one["column"], one["value"]) for one in report["problems"]]
    assert found == [
        (2, "条块", "左"),
        (3, "第一责任人编号", "张三"),
        (4, "直接责任人编号", str(SECRETARIES[0])),
        (5, "岗位名称", "电话 13812345678 4（块）"),
        (6, "在用", "也许"),
        (7, "区划代码", "3.20508E+11"),
        (8, None, "多余"),
        (10, "岗位代码", "kuai-8"),
        (11, "负责类别", "litter"),
        (13, "岗位代码", "Kuai"),
    ]
    assert report["problems"][0]["detail"] == "只能是：块、条"
    assert report["problems"][1]["detail"] == "不是有效的 UUID"
    assert report["problems"][2]["detail"] == "第一责任人与直接责任人不能是同一人"
    english = put(
        http, "posts", "\n".join([POSTS, rows[0]]), headers={"Accept-Language": "en"}
    ).json["problems"]
    assert english[0]["detail"] == "must be one of: territorial, functional"


def test_a_hundred_problems_are_shown_and_all_are_counted(http: FlaskClient) -> None:
    file = "\n".join([POSTS, *(post(n, branch="?") for n in range(150))])
    report = put(http, "posts", file).json
    assert (report["refused"], len(report["problems"])) == (150, 100)


def test_columns_may_stand_in_any_order_and_have_either_name(http: FlaskClient) -> None:
    names = POSTS.split(",")
    names[3] = " *AREA_CODE "
    cells = post(1).split(",")
    file = "\n".join([",".join(reversed(names)), ",".join(reversed(cells))])
    assert counts(put(http, "posts", file)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (POSTS.replace(",在用", ""), "缺少：在用 (active)；重复：-；不认识：-"),
        (POSTS + ",code", "缺少：-；重复：岗位代码 (code)；不认识：-"),
        (POSTS + ",手机", "缺少：-；重复：-；不认识：手机"),
        (POSTS.replace("条块", "块条"), "缺少：条块 (branch)；重复：-；不认识：块条"),
    ],
)
def test_a_wrong_header_is_refused_before_any_row(
    http: FlaskClient, grid_db: Transactions, header: str, said: str
) -> None:
    answer = put(http, "posts", f"{header}\n{post(1)}")
    assert (answer.status_code, answer.json["detail"]) == (422, f"表头有误。{said}")
    assert outbox_of(grid_db) == []


def test_rows_of_foreign_areas_are_refused_and_the_own_go_in(http: FlaskClient) -> None:
    street = bearer(token("street_office", areas=(f"{STREET}001",)))
    report = put(http, "posts", f"{POSTS}\n{post(1)}\n{post(2)}", headers=street)
    assert counts(report) == (1, 0, 0, 1)
    (problem,) = report.json["problems"]
    assert (problem["row"], problem["column"], problem["value"]) == (3, "区划代码", f"{STREET}002")
    assert export(http, "population", headers=street).status_code == 403
    assert export(http, "population", area=f"{STREET}001", headers=street).status_code == 200


@pytest.mark.parametrize(
    ("subject", "role", "status"),
    [
        ("posts", "street_office", 200),
        ("posts", "community_secretary", 403),
        ("population", "community_secretary", 200),
        ("population", "district_office", 403),
        ("population", "inspector", 403),
        ("compounds", "community_secretary", 200),
    ],
)
def test_who_may_not_put_one_may_not_import_many(
    http: FlaskClient, subject: str, role: Role, status: int
) -> None:
    answer = put(http, subject, sheet_of(subject, 1), headers=bearer(token(role)))
    assert answer.status_code == status


def test_spreadsheets_are_for_persons(http: FlaskClient) -> None:
    client = bearer(client_token("grid.posts:read", "grid.posts:write"))
    for answer in (export(http, "posts", headers=client), put(http, "posts", "", headers=client)):
        assert answer.json["type"] == "urn:linli:problem:for-persons-only"


@each_subject
def test_of_two_imports_at_once_one_adds(http: FlaskClient, subject: str) -> None:
    headers = bearer(token())
    clients = [http.application.test_client() for _ in range(2)]
    data = sheet_of(subject, 30)
    answers = at_once(
        *[lambda one=one: put(one, subject, data, headers=headers) for one in clients]
    )
    assert sorted(map(counts, answers)) == [(0, 0, 30, 0), (30, 0, 0, 0)]


def test_an_import_with_a_key_happens_once(http: FlaskClient) -> None:
    key = {"Idempotency-Key": "sheet-1"}
    first, again = (put(http, "posts", sheet_of("posts", 3), headers=key) for _ in range(2))
    assert (first.json, again.headers["Idempotent-Replayed"]) == (again.json, "true")


def test_a_workbook_with_formulas_keeps_its_other_rows(http: FlaskClient) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(POSTS.split(","))
    sheet.append(post(1).split(","))
    sheet.append([*post(2).split(",")[:3], int(f"{STREET}002"), *post(2).split(",")[4:]])
    sheet.append(["kuai-3", "=A1", *post(3).split(",")[2:]])
    file = io.BytesIO()
    book.save(file)
    report = put(http, "posts", file.getvalue(), XLSX)
    assert counts(report) == (2, 0, 0, 1)
    assert report.json["read_as"] == "Sheet"
    (problem,) = report.json["problems"]
    assert (problem["row"], problem["column"], problem["value"]) == (4, "岗位名称", "=A1")


def test_a_file_that_is_none_is_refused(http: FlaskClient) -> None:
    assert put(http, "posts", b"PK", XLSX).json["type"].endswith(":sheet-unreadable")
    assert put(http, "posts", b"{}", "application/json").status_code == 415
    assert put(http, "cases", POSTS).status_code == 404
    large = f"{POSTS}\n" + "x\n" * 20_001
    answer = put(http, "posts", large)
    assert (answer.status_code, answer.json["type"]) == (413, "urn:linli:problem:sheet-too-large")


def test_a_file_of_gbk_goes_in_and_says_so(http: FlaskClient) -> None:
    report = put(http, "posts", sheet_of("posts", 2).decode().encode("gb18030"))
    assert (counts(report), report.json["read_as"]) == ((2, 0, 0, 0), "GB18030")
    assert http.get(f"{ROOT}/posts/kuai-1").json["name"] == "网格1（块）"


def test_the_list_of_old_estates_and_their_safety_posts_comes_as_a_file(  # G21
    http: FlaskClient,
) -> None:
    assert counts(put(http, "compounds", f"{COMPOUNDS}\n{compound(2)}")) == (1, 0, 0, 0)
    shown = http.get(f"{ROOT}/compounds/xq-2").json
    assert shown["renewal"] == {
        "state": "listed",
        "planned_year": 2027,
        "basis": "2027 年第一批",
    }
    entrances = [(one["name"], one["main"], one["safety_post"]) for one in shown["entrances"]]
    assert entrances == [
        ("三元路", True, True),
        ("彩香路", True, False),
        ("便门/侧", False, True),
    ]
    assert shown["corridor_lights"] == {"total": 420, "installed": 398}
    assert shown["facilities"] == [{"kind": "bike_shed", "count": 12, "in_use": 11}]


@pytest.mark.parametrize(
    ("cells", "column", "detail"),
    [
        ({"entrances": "三元路/主"}, "出入口", "须写作“名称/主或次/有岗或无岗”，多项以分号分隔"),
        ({"entrances": "三元路/正/有岗"}, "出入口", "只能是：主、次"),
        ({"renewal": "未列入,2027,"}, "改造计划年度", None),
        ({"property": "专业物业,"}, "物业公司", None),
        ({"lights": "4,"}, "走道灯已装", "必填项缺失"),
        ({"lights": "4,5"}, "走道灯已装", None),
        ({"facilities": "自行车棚/1/2"}, "便民设施", None),
        ({"rest": ",是,2026-13-01"}, "生效日期", "须为日期，如 2026-11-26"),
    ],
)
def test_a_fault_within_a_thing_is_said_where_it_stands(
    http: FlaskClient, cells: dict[str, str], column: str, detail: str | None
) -> None:
    (problem,) = put(http, "compounds", f"{COMPOUNDS}\n{compound(2, **cells)}").json["problems"]
    assert (problem["row"], problem["column"]) == (2, column)
    assert detail in (None, problem["detail"])


def test_what_was_on_another_day_comes_back_as_of_that_day(http: FlaskClient) -> None:
    past = compound(2, rest=",是,2026-01-01")
    later = compound(2, lights="420,420", rest=",是,2026-06-01")
    for row in (past, later):
        put(http, "compounds", f"{COMPOUNDS}\n{row}")
    for day in ("2026-01-01", "2026-05-31", "2026-06-01", "2026-11-26"):
        file = export(http, "compounds", on=day).data
        rows = len(read_sheet(file, CSV).rows)
        assert counts(put(http, "compounds", file)) == (0, 0, rows, 0), day


def test_a_workbook_is_a_register_file_whose_rows_keep_their_numbers(
    grid_http: FlaskClient, grid_db: Transactions
) -> None:
    load(grid_db, csv_of())
    rows = [HEADER.split(","), *(line.split(",") for line in CHAIN)]

    def sent(*more: list[str]) -> Any:
        with write_sheet([*rows, *more], "xlsx") as file:
            return grid_http.post(f"{ROOT}/areas/imports", data=file.read(), content_type=XLSX)

    refused = sent([""], ["320508019020999", "网格", "cell", "320508019020"])
    assert (refused.status_code, refused.json["errors"][0]["row"]) == (422, 8)
    assert (sent().status_code, sent().json["unchanged"]) == (201, 5)
    broken = grid_http.post(f"{ROOT}/areas/imports", data=b"PK", content_type=XLSX)
    assert (broken.status_code, broken.json["type"]) == (422, "urn:linli:problem:sheet-unreadable")
