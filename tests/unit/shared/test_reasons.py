"""Owns the proof of what a reason must be, and of what leads to a person in a text."""

import pytest

from shared.privacy.personal_numbers import (
    TextNamesSomebody,
    holds_personal_numbers,
    require_nobody_named,
)
from shared.privacy.reasons import (
    ReasonMissing,
    ReasonNamesSomebody,
    require_new_reason,
    require_reason,
)

PERSONAL = [
    "13812345678",
    "电话13812345678核对",
    "tel13812345678",
    "１３８１２３４５６７８",
    "138 1234 5678",
    "138-1234-5678",
    "+86 13812345678",
    "008613812345678",
    "0512-65231234",
    "(010) 6523 1234",
    "320508198903072516",
    "证件32050819890307251x。",
    "320508 19890307 2516",
    "zhang.san@example.cn",
    "写信给zhang＠example.cn",
]
IMPERSONAL = [
    "核对身份",
    "2026-11-26 08:00:00 核对",
    "社区 320508019020，网格 320508001002003",
    "案件 320508202603050000171 重复",
    "012345 号工单，共 1381234 件",
    "事件 01931f6a-2c40-7c11-9d0e-138123456789",
    "a13812345-6781-4c11-9d0e-5b1f6a2c4001",
    "1793769600000 毫秒",
    "拨打 12345 与 110",
    "@社区 见 example.cn",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_numbers_and_addresses_of_persons_are_found(text: str) -> None:
    assert holds_personal_numbers(text)
    with pytest.raises(ReasonNamesSomebody) as refused:
        require_new_reason(text)
    assert refused.value.field == "reason"


@pytest.mark.parametrize("text", IMPERSONAL)
def test_codes_dates_and_ids_lead_to_nobody(text: str) -> None:
    assert not holds_personal_numbers(text)
    assert require_new_reason(f" {text} ") == text


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501, "\x00", "\ud800"])
def test_a_reason_is_a_text_of_five_hundred_characters_at_most(reason: str) -> None:
    for require in (require_reason, require_new_reason):
        with pytest.raises(ReasonMissing):
            require(reason)


def test_a_reason_of_an_older_version_is_read_back_as_it_is() -> None:
    assert require_reason("来电 13812345678") == "来电 13812345678"


@pytest.mark.parametrize("text", PERSONAL)
def test_words_for_an_event_are_refused_by_the_name_of_their_field(text: str) -> None:
    with pytest.raises(TextNamesSomebody) as refused:
        require_nobody_named(title="楼道清理", place=f"12 幢 {text}")
    assert refused.value.field == "place"


@pytest.mark.parametrize("text", IMPERSONAL)
def test_words_for_an_event_may_hold_codes_dates_and_ids(text: str) -> None:
    require_nobody_named(title=text, place=text)
