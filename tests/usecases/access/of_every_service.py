"""Owns the specimens of the routes that every service has: those for parked events."""

from tests.usecases.access.specimens import Call, Specimen, World
from tests.usecases.shared.parking import execute, park


def parked_specimens(service: str) -> dict[str, Specimen]:
    """Return one good request per route under `/parked`."""
    root = f"/api/v1/{service}/parked"

    def replay(world: World) -> Call:
        _forget_replays(world)
        return Call("free", "POST", f"{root}/{park(world.db)}/replay")

    def replay_many(world: World) -> Call:
        _forget_replays(world)
        park(world.db)
        return Call("free", "POST", f"{root}/replay", {"json": {"limit": 1}})

    def discard(world: World) -> Call:
        body = {"reason": "重复上报"}
        return Call("free", "POST", f"{root}/{park(world.db)}/discard", {"json": body})

    return {
        "list_parked_events": lambda world: Call("free", "GET", root),
        "get_parked_event": lambda world: Call("free", "GET", f"{root}/{park(world.db)}"),
        "replay_parked_event": replay,
        "replay_parked_events": replay_many,
        "discard_parked_event": discard,
    }


def _forget_replays(world: World) -> None:
    """Let a minute pass, so to say: only so many events are replayed in one."""
    execute(world.db, "DELETE FROM failed_events")
