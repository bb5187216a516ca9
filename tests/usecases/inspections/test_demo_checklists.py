"""Owns the proof that the demo's checklists are real ones: accepted, and complete by the plans."""

import json
from pathlib import Path

import pytest

from services.inspections.schemas import PublishChecklist
from services.inspections.usecases.checklists import publish_checklist
from shared.database import Transactions
from shared.http.schemas import accepts
from shared.migrations import ROOT

DEMO: Path = ROOT / "deploy" / "demo" / "checklists.json"


def demo() -> dict[str, PublishChecklist]:
    schema = accepts(PublishChecklist)()
    loaded = [schema.load(one) for one in json.loads(DEMO.read_text(encoding="utf-8"))]
    return {one.code: one for one in loaded}


def words_of(code: str) -> str:
    return " ".join(item.title for item in demo()[code].items)


@pytest.mark.parametrize("code", ["compound-order", "building-entrance"])
def test_demo_checklists_can_be_published_and_have_100_points(db: Transactions, code: str):
    published = db.run(publish_checklist, demo()[code])
    assert published.checklist.points_possible == 100


@pytest.mark.parametrize(
    "words",
    [
        "乱停乱放 乱搭乱建 乱涂乱画 乱堆乱占 乱扯乱挂 乱摆摊点",  # I16
        "乱吐乱扔 乱贴乱画 私搭乱建 乱设摊点 乱堆物 乱晾晒",  # I17
        "违章搭建 乱堆乱放 圈养或散养家禽",  # I19
        "公共设施完好 人为弄脏、损坏",  # I20
        "化粪池、下水道漫溢 窨井设施完好",  # I21
    ],
)
def test_the_compound_checklist_asks_for_everything_the_plans_list(words: str):
    assert [word for word in words.split() if word not in words_of("compound-order")] == []


def test_the_entrance_checklist_asks_for_everything_the_plan_lists():  # I18
    words = "干净整洁 墙面 玻璃 乱张贴 乱涂写 乱披挂 楼道内无堵塞"
    assert [word for word in words.split() if word not in words_of("building-entrance")] == []
