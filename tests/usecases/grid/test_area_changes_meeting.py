"""Changes of areas that meet others: recorded ahead, undone again, with what lies in the areas."""

from datetime import date

import pytest
from flask.testing import FlaskClient

from tests.usecases.grid.test_area_changes import (
    AREAS,
    ONE,
    TWO,
    do,
    http,
    problem,
)

__all__ = ["http"]


@pytest.mark.parametrize("day", [date.min, date.max])
def test_no_change_of_areas_takes_effect_at_the_end_of_time(http: FlaskClient, day: date) -> None:
    refused = do(http, f"{AREAS}/{TWO}/abolish", day)
    assert problem(refused) == (422, "invalid-request")
    assert [one["field"] for one in refused.json["errors"]] == ["effective_on"]


def test_what_is_no_code_is_said_in_chinese(http: FlaskClient) -> None:
    refused = do(http, f"{AREAS}/merge", codes=[ONE, TWO], into={"code": "３２", "name": "三元"})
    assert refused.json["errors"][0]["detail"] == "须为 2、4、6、9、12 或 15 位数字的区划代码"
