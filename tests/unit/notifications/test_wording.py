"""Tests of domain/wording.py and of the templates: both languages say all that there is to say."""

import json
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from services.notifications.domain import templates_en, templates_zh
from services.notifications.domain.rules import RULES, announced_by, fact_name
from services.notifications.domain.wording import WORDS, Language, Said, one_line, said, spoken_area
from shared.contracts import schema_of
from shared.messaging.topology import EVENTS
from tests.usecases.notifications.stories import Story

SAMPLES = Path(__file__).parents[2] / "contracts" / "samples"
CHINESE = re.compile("[一-鿿]")
TOLD = {rule.tell.template: rule.tell for rule in RULES.values() if rule.tell}
STORY = Story()
SAID = [
    pytest.param(one, id=type(one).__name__)
    for one in [*STORY.every_event(), STORY.case_closed(finding_id=None, kind="street_problem")]
    if announced_by(RULES[type(one)], one)
]
PUBLISHED = [
    pytest.param(event.contract, file, id=file.stem)
    for event in EVENTS
    for file in SAMPLES.glob(f"{event.name}*.json")
    if event.contract in RULES
]


def words_of(event: Any, language: Language, area: str = "三元一村社区居委会") -> Said:
    announced = announced_by(RULES[type(event)], event)
    assert announced is not None
    return said(
        announced.template,
        announced.facts,
        area=area,
        occurred_at=announced.occurred_at,
        language=language,
    )


def fields_of(texts: tuple[str, str]) -> set[str]:
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_templates_and_each_is_told_by_a_rule():
    assert set(templates_zh.TEMPLATES) == set(templates_en.TEMPLATES) == set(TOLD)


@pytest.mark.parametrize("template", sorted(TOLD))
def test_a_template_says_the_same_facts_in_both_languages_and_none_that_there_is_not(
    template: str,
):
    chinese = fields_of(templates_zh.TEMPLATES[template])
    assert chinese == fields_of(templates_en.TEMPLATES[template])
    assert chinese <= {fact_name(path) for path in TOLD[template].facts} | {"area", "at"}


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize("event", SAID)
def test_every_template_becomes_words(event: Any, language: Language):
    words = words_of(event, language)
    assert words.subject and words.body
    assert not re.search(r"[{}]|None|\d{4}-\d\d-\d\d|[。.]{2}", words.subject + words.body)


@pytest.mark.parametrize(("contract", "file"), PUBLISHED)
def test_every_published_sample_that_is_told_becomes_words(contract: type, file: Path):
    event = schema_of(contract).load(json.loads(file.read_text(encoding="utf-8")))
    if announced_by(RULES[contract], event) is not None:
        assert {words_of(event, language).subject for language in WORDS}


def test_every_template_has_an_event_that_says_it():
    said_here = {announced_by(RULES[type(p.values[0])], p.values[0]).template for p in SAID}
    assert said_here == set(TOLD)


# N05
def test_a_dispatch_reads_as_an_office_would_write_it():
    words = words_of(STORY.case_dispatched(), "zh")
    assert words.subject == (
        "【整改派单】三元一村社区：楼道内无堵塞、无堆放杂物，请于11月28日24时前办结"
    )
    assert words.body == (
        "三元一村社区：楼道内无堵塞、无堆放杂物。案件编号 320508202611230000019。\n"
        "属地责任（块）：三元一村社区；职能责任（条）：物业管理。\n"
        "请于11月28日24时前办理到位，并报请现场核查。"
    )


def test_english_words_frame_what_people_wrote_in_chinese():
    words = words_of(STORY.finding_closed(), "en")
    assert (
        words.subject == f"[Finding closed] 三元一村社区: {STORY.finding_closed().title} - mended"
    )
    assert words.body.startswith("三元一村社区: 楼道内无堵塞、无堆放杂物. The finding was mended,")


def test_an_unknown_kind_of_case_is_called_a_case():
    assert words_of(STORY.case_dispatched(kind="noise"), "zh").subject.startswith("【案件派单】")
    assert words_of(STORY.case_dispatched(kind="noise"), "en").subject.startswith("[Case]")


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("三元一村社区居委会", "三元一村社区"),
        ("东山村村委会", "东山村"),
        ("东山村民委员会", "东山村"),
        ("金阊街道办事处", "金阊街道"),
        ("居委会", "居委会"),
        ("320508019020", "320508019020"),
    ],
)
def test_an_area_is_called_by_its_own_name(name: str, spoken: str):
    assert spoken_area(name) == spoken


def test_a_title_can_neither_break_the_subject_into_lines_nor_fill_in_fields():
    event = STORY.case_dispatched(title="垃圾\r\nBcc: a@example.cn\u2028\x00{area.__class__}")
    assert "垃圾 Bcc: a@example.cn {area.__class__}" in words_of(event, "zh").subject
    assert one_line(" a\tb\n") == "a b"
