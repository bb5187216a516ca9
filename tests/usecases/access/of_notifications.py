"""Owns the specimens of `notifications`."""

from typing import Any
from uuid import UUID, uuid4

from services.notifications.schemas import Channels, PutRecipient
from services.notifications.usecases.recipients import RecipientAsked, put_recipient
from shared.auth.callers import Caller
from tests.usecases.access.specimens import Call, Specimen, World
from tests.usecases.notifications.stories import Story, deliver, heard, know_area
from tests.usecases.shared.parking import execute

ROOT = "/api/v1/notifications"
_BODY = {"email": "xu.yaqin@example.cn", "channels": {"email": True}}
_WHY = {"json": {"reason": "核对联系方式"}}


def prepare(world: World) -> None:
    """Give it the community."""
    know_area(world.db)


def _free(method: str, path: str, **options: Any) -> Call:
    return Call("free", method, ROOT + path, options)


def _message(world: World) -> UUID:
    """Tell the caller something."""
    event = heard(Story(handler=world.caller).case_dispatched())
    deliver(world.db, event)
    with world.db.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT id FROM messages WHERE person_id = %s ORDER BY id DESC LIMIT 1",
            (world.caller,),
        )
        message_id: UUID = found.scalar_one()
    return message_id


def _recipient(world: World, method: str, path: str = "", **options: Any) -> Call:
    """Ask about the caller themself: of others only an administrator may."""
    _known(world, world.caller)
    return _free(method, f"/recipients/{world.caller}{path}", **options)


def _known(world: World, person_id: UUID) -> None:
    who = Caller(person_id, "person", ())
    said = PutRecipient(email="xu.yaqin@example.cn", channels=Channels(email=True))
    world.db.run(put_recipient, RecipientAsked(person_id, who), said)


def _erase(world: World) -> Call:
    person_id = uuid4()
    _known(world, person_id)
    return _free("POST", f"/recipients/{person_id}/erase", **_WHY)


def _retry(world: World) -> Call:
    delivery_id = uuid4()
    execute(
        world.db,
        "INSERT INTO deliveries (id, message_id, channel, state, attempts, due_at, failure,"
        " created_at, settled_at) VALUES (:id, :message, 'email', 'failed', 6, now(),"
        " 'unreachable', now(), now())"
        " ON CONFLICT (message_id, channel) DO UPDATE SET id = excluded.id, state = 'failed',"
        " failure = 'unreachable', settled_at = now()",
        id=delivery_id,
        message=_message(world),
    )
    return _free("POST", f"/deliveries/{delivery_id}/retry")


SPECIMENS: dict[str, Specimen] = {
    "list_messages": lambda world: _free("GET", "/inbox"),
    "get_message": lambda world: _free("GET", f"/inbox/{_message(world)}"),
    "read_message": lambda world: _free("POST", f"/inbox/{_message(world)}/read"),
    "get_message_summary": lambda world: _free("GET", "/inbox/summary"),
    "put_recipient": lambda world: _free("PUT", f"/recipients/{world.caller}", json=_BODY),
    "get_recipient": lambda world: _recipient(world, "GET"),
    "unmask_recipient": lambda world: _recipient(world, "POST", "/unmask", **_WHY),
    "export_recipient": lambda world: _recipient(world, "GET", "/export"),
    "erase_recipient": _erase,
    "list_deliveries": lambda world: _free("GET", "/deliveries"),
    "retry_delivery": _retry,
}
