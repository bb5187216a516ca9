"""Owns the proof of what an operation's description derives from its access rule and its parts."""

from typing import Any

import pytest

from shared.auth.access import PUBLIC, Rule, allow, allow_everyone
from shared.http import openapi, openapi_problems, problems


def test_who_may_is_said_in_both_languages() -> None:
    rule = allow("inspector", "grid_officer", scope="grid.cases:read")
    assert openapi._who_may(rule) == (
        "谁可以：网格员、检查员（限授权区划内）；客户端须有 `grid.cases:read`"
        " / Who may: grid officer, inspector (within the areas granted); clients with"
        " `grid.cases:read`"
    )
    assert "任何已登录人员 / Who may: anyone signed in" in openapi._who_may(allow_everyone())
    assert "无须令牌" in openapi._who_may(PUBLIC)


@pytest.mark.parametrize(
    ("rule", "security"),
    [
        (PUBLIC, []),
        (allow("operator"), [{"bearer": []}]),
        (allow("operator", scope="x.y:read"), [{"bearer": []}, {"client": ["x.y:read"]}]),
    ],
)
def test_security_is_a_persons_token_or_a_clients_scope(
    rule: Rule, security: list[dict[str, list[str]]]
) -> None:
    assert openapi._security_of(rule) == security


def refused(
    method: str,
    one: bool = False,
    rule: Rule | None = None,
    once: bool = False,
    **operation: Any,
) -> set[str]:
    operation = {"parameters": [], "responses": {}} | operation
    fitting = openapi._fitting(operation, method, one, rule or allow("operator"), once)
    openapi._add_refusals(operation, fitting)
    return set(operation["responses"])


def header(required: bool) -> list[dict[str, Any]]:
    return [{"name": "If-Match", "in": "header", "required": required}]


BODY = {"content": {"application/json": {}}}
ALWAYS = {"429", "503", "default"}


@pytest.mark.parametrize(
    ("said", "statuses"),
    [
        (refused("get"), {"401", "403"}),
        (refused("get", rule=PUBLIC), set()),
        (refused("post", rule=PUBLIC), set()),
        (refused("post", rule=PUBLIC, once=True), {"409", "422"}),
        (refused("get", one=True), {"401", "403", "404"}),
        (refused("post", requestBody=BODY), {"400", "401", "403", "409", "413", "415", "422"}),
        (refused("post"), {"401", "403", "409", "422"}),
        (refused("put", parameters=header(False)), {"401", "403", "409", "412", "422"}),
        (refused("put", parameters=header(True)), {"401", "403", "409", "412", "422", "428"}),
    ],
)
def test_an_operation_names_the_refusals_that_fit_it(said: set[str], statuses: set[str]) -> None:
    assert said == statuses | ALWAYS


def test_each_refusal_has_an_example_that_is_a_problem() -> None:
    for name, response in openapi_problems.responses().items():
        ((media, content),) = response["content"].items()
        assert media == problems.MEDIA_TYPE
        if name != "Problem":
            example = content["example"]
            assert problems.ProblemSchema().validate(example) == {}
            assert name == f"Problem{example['status']}"
            assert example["title"] == problems.title_of(example["status"])[0] != "请求失败"
