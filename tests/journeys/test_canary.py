"""Known personal data goes in by every way it may, through failures; then all is searched."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pika
import requests
from sqlalchemy import text

from deploy.demo.report_story import AnonymousReport
from deploy.demo.story import COMMUNITY, FAILED_ITEM
from services.gateway import key_commands
from shared.messaging.topology import SERVICES, queues
from tests.journeys.test_doors import ask, sign_in
from tests.messaging.conftest import PASSWORDS
from tests.observe import eventually
from tests.tokens import bearer
from tests.whole_system import WholeSystem

NAME = "鲁班七号甲"
PHONE = "13912345679"
E_MAIL = "canary.luban@example.cn"
ID_NUMBER = "320508199001015671"
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


@dataclass(frozen=True)
class Planted:
    """The person whose data is planted: the account, and how it acts."""

    id: str
    admin: dict[str, str]
    own: dict[str, str]


def live_through(system: WholeSystem) -> Planted:
    """Play what happens to people's data, the refused ways too."""
    admin = sign_in(system, "zhanghao.tang")

    def call(method: str, path: str, **more: Any) -> Any:
        headers = admin | more.pop("headers", {})
        return ask(system, method, "gateway", path, headers=headers, **more)

    body = {
        "username": "lu.ban",
        "display_name": NAME,
        "grants": [
            {"role": "grid_officer", "areas": [COMMUNITY]},
            {"role": "volunteer", "areas": [COMMUNITY]},
        ],
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
    assert call("POST", f"{account}/grants", json={"role": "inspector", "areas": ["3205"]}).ok
    signed_in = {"username": "lu.ban", "password": PASSWORD}
    token = ask(system, "POST", "gateway", "/session", json=signed_in).json()["access_token"]
    return Planted(made.json()["id"], admin, bearer(token))


def refused(answer: requests.Response) -> bool:
    return answer.status_code == 422


def plant_everywhere(system: WholeSystem, who: Planted) -> None:
    """Give every service what it may hold of a person, and every other place what it may not."""

    def own(method: str, service: str, path: str, **more: Any) -> requests.Response:
        return ask(system, method, service, path, headers=who.own, **more)

    volunteer = {"area_code": COMMUNITY, "real_name": NAME, "id_number": ID_NUMBER}
    eventually(lambda: own("POST", "volunteers", "/volunteers", json=volunteer).ok, 30)
    reach = {"email": E_MAIL, "phone": PHONE}
    assert own("PUT", "notifications", f"/recipients/{who.id}", json=reach).ok
    for canary in (PHONE, E_MAIL, ID_NUMBER):
        why = {"reason": f"核对 {canary}"}
        for service, path in (
            ("gateway", f"/accounts/{who.id}/unmask"),
            ("notifications", f"/recipients/{who.id}/unmask"),
        ):
            assert refused(ask(system, "POST", service, path, json=why, headers=who.admin))
        told = who.own | {"X-Request-Id": f"order-{canary}"}
        ask(system, "GET", "grid", f"/cases?area={canary}", headers=told)
        ask(system, "GET", "volunteers", f"/activities/{canary}", headers=told)
        username = {"username": canary.lower(), "display_name": "王芳", "grants": []}
        assert not ask(system, "POST", "gateway", "/accounts", json=username, headers=who.admin).ok


def play_with_failures(system: WholeSystem, who: Planted) -> str:
    """Play the stories with the person as an owner, while workers, the broker and the mail server
    fail; return what waited in the queues meanwhile, and what was parked."""
    story = system.story()
    story.prepare()
    post = {
        "name": "三元一村楼道责任岗",
        "branch": "functional",
        "area_code": COMMUNITY,
        "case_classes": [FAILED_ITEM],
        "first_responsible_id": story.player.id_of("街道分管领导"),
        "directly_responsible_id": who.id,
    }
    office = bearer(story.player.stage.token_of("区文明办"))
    assert ask(system, "PUT", "grid", "/posts/tiao-loudao", json=post, headers=office).ok
    system.mail_server.kill()
    for service in SERVICES:
        system.processes[service, "worker"].kill()
    finding = story.record_inspection()
    said = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
    eventually(lambda: system.scalar("inspections", said) == 0, 30)
    content = in_queues(system)
    for service in SERVICES:
        system.processes[service, "worker"].restart()
    case = story.await_dispatch(finding)
    tries = "SELECT max(attempts) FROM deliveries"
    eventually(lambda: system.scalar("notifications", tries), 60)
    system.mail_server.restart()
    story.resolve(case)
    system.nodes.rabbitmq.stop()
    story.close(case)
    system.nodes.rabbitmq.start()
    story.reinspect(finding)
    AnonymousReport(story.player).play()
    return content + parked(system)


def in_queues(system: WholeSystem) -> str:
    """Return the messages that wait at the broker, headers and bodies; they stay there."""
    broker = f"{system.nodes.rabbitmq_management_url}/api/queues/{system.vhost}"
    look = {"count": 1000, "ackmode": "ack_requeue_true", "encoding": "auto"}
    found = []
    for queue in queues():
        answer = requests.post(f"{broker}/{queue.name}/get", json=look, timeout=30)
        found += [json.dumps(message, ensure_ascii=False) for message in answer.json()]
    assert found
    return "\n".join(found)


def parked(system: WholeSystem) -> str:
    """Have an event parked that can't be handled, and return it as operators see it."""
    properties = pika.BasicProperties(headers={"ce-id": str(uuid4()), "ce-type": "case_lost.v9"})
    url = system.nodes.rabbitmq_amqp_url("inspections", PASSWORDS["inspections"], system.vhost)
    connection = pika.BlockingConnection(pika.URLParameters(url))
    connection.channel().basic_publish(
        "inspections.events", "finding_raised.v1", b'{"said": "nothing"}', properties
    )
    connection.close()
    operator = sign_in(system, "yunwei.fan")

    def listed() -> Any:
        answer = ask(system, "GET", "grid", "/parked", headers=operator)
        return answer.json()["items"]

    (one, *_) = eventually(listed, 30)
    return ask(system, "GET", "grid", f"/parked/{one['id']}", headers=operator).text


def shown_to_staff(system: WholeSystem, who: Planted) -> str:
    """Return the lists and exports in which the person occurs, as those see them who may."""
    lists = (
        ("gateway", "/accounts"),
        ("gateway", "/audit"),
        ("volunteers", "/volunteers"),
        ("volunteers", "/audit"),
        ("volunteers", "/hours"),
        ("notifications", f"/recipients/{who.id}"),
        ("notifications", "/deliveries"),
        ("grid", "/cases"),
        ("inspections", "/findings"),
    )
    office = sign_in(system, "wenmingban.zhou")
    answers = [
        ask(system, "GET", service, path, headers=headers)
        for service, path in lists
        for headers in (who.admin, office)
    ]
    assert sum(answer.ok for answer in answers) >= len(lists)
    return "\n".join(answer.text for answer in answers)


def test_known_personal_data_is_found_nowhere_that_it_is_not_meant_to_be(
    own_system: WholeSystem,
) -> None:
    system = own_system
    who = live_through(system)
    plant_everywhere(system, who)
    passing_by = play_with_failures(system, who)
    key_commands.rotate(system.db["gateway"], "operator:test", True)
    sent = "SELECT count(*) FROM deliveries WHERE state <> 'sent'"
    eventually(lambda: system.scalar("notifications", sent) == 0, 120)
    assert system.player().stage.mails_to(E_MAIL)
    places = {"queues and parked bodies": passing_by, "lists": shown_to_staff(system, who)}
    for service in SERVICES:
        places |= {f"{service}.{name}": content for name, content in tables(system, service)}
    for (service, kind), process in system.processes.items():
        answer = process.get("/metrics")
        assert answer is not None
        places[f"{service} {kind}: metrics"] = answer.text
        places[f"{service} {kind}: log"] = process.log.read_text("utf-8", "replace")
    assert {place: found for place, content in places.items() if (found := found_in(content))} == {}
    assert sum(map(len, places.values())) > 200_000


def test_the_search_finds_what_lies_open(system: WholeSystem) -> None:
    with system.db["grid"].engine.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE open_words (word text, bytes bytea)"))
        plant = text("INSERT INTO open_words VALUES (:word, :bytes)")
        connection.execute(plant, {"word": NAME, "bytes": PHONE.encode()})
        content = "\n".join(connection.execute(text("SELECT t::text FROM open_words t")).scalars())
    assert found_in(content) == [NAME, PHONE]
