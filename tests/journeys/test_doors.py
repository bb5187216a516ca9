"""What people and systems outside do with the doors, over all processes and the broker between."""

from typing import Any

import requests

from deploy.demo.personas import SignedIn
from deploy.demo.story import COMMUNITY, demo_checklists
from services.gateway import client_commands, key_commands
from services.gateway.schemas.clients import CreateClient
from tests.observe import eventually
from tests.tokens import bearer
from tests.whole_system import PASSWORD, WholeSystem

DOORS = (
    ("grid", "/cases"),
    ("inspections", "/findings"),
    ("notifications", "/inbox"),
    ("volunteers", "/activities"),
)


def ask(system: WholeSystem, method: str, service: str, path: str, **more: Any) -> Any:
    url = f"{system.address_of(service)}/api/v1/{service}{path}"
    return requests.request(method, url, timeout=30, **more)


def sign_in(system: WholeSystem, username: str) -> dict[str, str]:
    body = {"username": username, "password": PASSWORD}
    return bearer(ask(system, "POST", "gateway", "/session", json=body).json()["access_token"])


def test_who_is_blocked_is_out_of_every_service_by_an_event(system: WholeSystem) -> None:
    admin, inspector = sign_in(system, "zhanghao.tang"), sign_in(system, "jiancha.gong")
    assert ask(system, "GET", "grid", "/cases", headers=inspector).status_code == 200
    listed = ask(system, "GET", "gateway", "/accounts?username=jiancha.gong", headers=admin).json()
    (account,) = listed["items"]
    path = f"/accounts/{account['id']}/block"
    assert ask(system, "POST", "gateway", path, headers=admin).status_code == 200
    for service, things in DOORS:
        eventually(
            lambda service=service, things=things: (
                ask(system, "GET", service, things, headers=inspector).status_code == 401
            )
        )
    unblock = f"/accounts/{account['id']}/unblock"
    assert ask(system, "POST", "gateway", unblock, headers=admin).status_code == 200


def test_a_new_signing_key_reaches_every_service_and_the_old_one_ends(
    system: WholeSystem,
) -> None:
    before = sign_in(system, "sanyuan1.xu")
    db = system.db["gateway"]
    (first,) = key_commands.show(db)
    key_commands.drop(db, "operator:test", first.kid)
    after = sign_in(system, "sanyuan1.xu")
    for service, things in DOORS:
        eventually(
            lambda service=service, things=things: (
                ask(system, "GET", service, things, headers=after).status_code == 200
            )
        )
        assert ask(system, "GET", service, things, headers=before).status_code == 401


def test_a_developer_outside_gets_a_client_a_token_a_safe_repeat_a_page_and_errors_to_read(
    system: WholeSystem,
) -> None:
    scopes = [
        "grid.areas:read",
        "inspections.checklists:read",
        "inspections.checklists:write",
        "inspections.inspections:write",
    ]
    wanted = CreateClient(name="12345 热线平台", scopes=scopes, areas=["320508"])
    client = client_commands.add(system.db["gateway"], wanted, "operator:test")
    token = ask(
        system,
        "POST",
        "gateway",
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(str(client.client_id), client.client_secret),
    ).json()["access_token"]
    me = bearer(token)
    once = me | {"Idempotency-Key": "our-order-20261124-0001"}
    first, again = (
        ask(system, "POST", "inspections", "/checklists", json=demo_checklists()[1], headers=once)
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    page = ask(system, "GET", "grid", "/areas?parent=320508&limit=2", headers=me)
    after = ask(
        system,
        "GET",
        "grid",
        f"/areas?parent=320508&limit=2&after={page.json()['next']}",
        headers=me,
    )
    assert len(page.json()["items"]) == 2 and 'rel="next"' in page.headers["Link"]
    assert {one["code"] for one in after.json()["items"]}.isdisjoint(
        one["code"] for one in page.json()["items"]
    )
    refusal = ask(system, "GET", "grid", "/cases", headers=me | {"Accept-Language": "en"})
    assert (refusal.status_code, refusal.json()["type"]) == (403, "urn:linli:problem:scope-missing")
    assert "grid.cases:read" in refusal.json()["detail"]


def test_a_secretary_sees_the_cases_of_her_community_and_not_those_beside(
    system: WholeSystem,
) -> None:
    story = system.story()
    story.know_the_community()
    story.publish_checklist()
    story.fill_posts()
    case = story.await_dispatch(story.record_inspection())
    people = SignedIn(system.address_of, PASSWORD)
    here = bearer(people.token_of("社区书记"))
    assert ask(system, "GET", "grid", f"/cases/{case}", headers=here).json()["area_code"] == (
        COMMUNITY
    )
    volunteer = sign_in(system, "zhiyuan.zhu")
    assert ask(system, "GET", "grid", f"/cases/{case}", headers=volunteer).status_code == 403
