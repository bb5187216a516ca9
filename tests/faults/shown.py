"""Owns what the services show through HTTP, page by page, compared with what was accepted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from deploy.demo.personas import SignedIn
from deploy.demo.story import COMMUNITY
from tests.faults.scene import Scene
from tests.whole_system import PASSWORD


@dataclass(frozen=True)
class List:
    """A list that a persona may read, and the command whose subjects stand in one of its fields."""

    command: str
    who: str
    service: str
    path: str
    field: str


LISTS = (
    List("inspection", "区文明办", "inspections", f"/findings?area={COMMUNITY}", "id"),
    List("inspection", "区文明办", "grid", f"/cases?area={COMMUNITY}", "finding_id"),
    List("close", "区文明办", "grid", f"/cases?area={COMMUNITY}&state=closed", "id"),
    List("activity", "区文明办", "volunteers", f"/activities?area={COMMUNITY}", "id"),
    List("account", "账号管理员", "gateway", "/accounts?username=f", "id"),
)


def disagreements(scene: Scene) -> list[str]:
    """Return where a list doesn't show exactly what was accepted, each thing once."""
    signed_in = SignedIn(scene.system.address_of, PASSWORD)
    found = []
    for one in LISTS:
        wanted = sorted(a.subject for a in scene.ledger.accepted if a.command == one.command)
        seen = sorted(
            str(item[one.field])
            for item in _items(scene, one, signed_in.token_of(one.who))
            if item[one.field]
        )
        if seen != wanted:
            differ = sorted(set(seen) ^ set(wanted))[:5]
            found.append(
                f"{one.service}{one.path} shows {len(seen)} instead of {len(wanted)}: {differ}"
            )
    return found


def _items(scene: Scene, one: List, token: str) -> Iterator[dict[str, Any]]:
    """Go through all pages."""
    url = f"{scene.system.address_of(one.service)}/api/v1/{one.service}{one.path}"
    mark = ""
    while True:
        more = {"limit": "100"} | ({"after": mark} if mark else {})
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(url, params=more, headers=headers, timeout=30)
        answer.raise_for_status()
        page = answer.json()
        yield from page["items"]
        mark = page.get("next") or ""
        if not mark:
            return
