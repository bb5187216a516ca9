"""Known personal data goes in by every way it may, through failures; then all is searched."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from services.gateway import key_commands
from shared.messaging.topology import SERVICES
from tests.journeys.conftest import WholeSystem
from tests.journeys.test_doors import ask, sign_in

NAME = "鲁班七号甲"
PHONE = "13912345679"
E_MAIL = "canary.luban@example.cn"
ID_NUMBER = "320508199001015678"
PASSWORD = "鲁班-canary-秘密口令-77"
CANARIES = (NAME, PHONE, E_MAIL, ID_NUMBER, PASSWORD)
HEADER = "username,display_name,role,areas,valid_from,valid_until"


def written(canary: str) -> tuple[str, ...]:
    """Return the forms in which a text may lie somewhere: plain, escaped in JSON, bytes in hex."""
    escaped = canary.encode("unicode_escape").decode()
    return canary, escaped, canary.encode().hex(), canary.encode("utf-16-le").hex()


def found_in(content: str) -> list[str]:
    return [canary for canary in CANARIES if any(form in content for form in written(canary))]


def tables(system: WholeSystem, service: str) -> Iterator[tuple[str, str]]:
    """Yield every table of a service's database as text; byte strings are in hex."""
    with system.db[service].engine.connect() as connection:
        names = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        for name in list(names):
            rows = connection.execute(text(f'SELECT t::text FROM "{name}" t')).scalars()
            yield name, "\n".join(rows)


def live_through(system: WholeSystem) -> None:
    """Play what happens to people's data, the refused ways too."""
    admin = sign_in(system, "zhanghao.tang")

    def call(method: str, path: str, **more: Any) -> Any:
        headers = admin | more.pop("headers", {})
        return ask(system, method, "gateway", path, headers=headers, **more)

    body = {
        "username": "lu.ban",
        "display_name": NAME,
        "grants": [{"role": "grid_officer", "areas": ["320508019020"]}],
    }
    for _ in range(2):
        made = call("POST", "/accounts", json=body, headers={"Idempotency-Key": "canary-1"})
        assert made.status_code == 201
    assert call("POST", "/accounts", json=body).status_code == 409
    account = f"/accounts/{made.json()['id']}"
    rows = f"{HEADER}\nphone.one,{PHONE},resident,32,,\nmail.one,{E_MAIL},resident,32,,\n"
    wrong = rows + f"id.one,{ID_NUMBER},nobody,32,,\n"
    csv = {"headers": {"Content-Type": "text/csv"}}
    assert call("POST", "/accounts/imports", data=wrong.encode(), **csv).status_code == 422
    assert call("POST", "/accounts/imports", data=rows.encode(), **csv).status_code == 201
    code = call("POST", f"{account}/activation").json()["code"]
    activate = {"username": "lu.ban", "code": code, "new_password": PASSWORD}
    assert ask(system, "POST", "gateway", "/password/activation", json=activate).status_code == 204
    for username, password in (
        (ID_NUMBER, PASSWORD),
        (E_MAIL, PHONE),
        ("lu.ban", NAME + "错误口令"),
    ):
        failed = {"username": username, "password": password}
        assert ask(system, "POST", "gateway", "/session", json=failed).status_code == 401
    assert (
        ask(
            system, "POST", "gateway", "/session", json={"username": "lu.ban", "password": PASSWORD}
        ).status_code
        == 201
    )
    assert call("POST", f"{account}/unmask", json={"reason": "核对身份"}).json()["name"] == NAME
    assert NAME in call("GET", f"{account}/export").text
    secretary = sign_in(system, "sanyuan1.xu")
    names = {"ids": [made.json()["id"]]}
    told = ask(system, "POST", "gateway", "/people/names", json=names, headers=secretary)
    assert told.json()["items"][0]["name"] == NAME
    for path in ("/accounts", account, "/audit"):
        assert not found_in(call("GET", path).text), path
    assert call("POST", f"{account}/grants", json={"role": "inspector", "areas": ["3205"]}).ok


def test_known_personal_data_is_found_nowhere_that_it_is_not_meant_to_be(
    system: WholeSystem,
) -> None:
    live_through(system)
    system.story().play()
    key_commands.rotate(system.db["gateway"], "operator:test", True)
    system.wait_quiet()
    searched = 0
    for service in SERVICES:
        for name, content in tables(system, service):
            assert not found_in(content), f"{service}.{name}"
            searched += len(content)
    for (service, kind), process in system.processes.items():
        answer = process.get("/metrics")
        assert answer is not None and not found_in(answer.text), f"{service} {kind}: metrics"
        log = process.log.read_text("utf-8", "replace")
        assert not found_in(log), f"{service} {kind}: log"
        searched += len(log)
    assert searched > 100_000


def test_the_search_finds_what_lies_open(system: WholeSystem) -> None:
    with system.db["grid"].engine.begin() as connection:
        connection.execute(text("CREATE TABLE open_words (word text, bytes bytea)"))
        plant = text("INSERT INTO open_words VALUES (:word, :bytes)")
        connection.execute(plant, {"word": NAME, "bytes": PHONE.encode()})
    contents = dict(tables(system, "grid"))
    assert found_in(contents["open_words"]) == [NAME, PHONE]
