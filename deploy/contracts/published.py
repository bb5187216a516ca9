"""Owns docs/contracts/: the JSON Schema of every event version that was ever published.

A file changes only as its event may (compatibility.py). It goes when its event was retired: first
no queue binds it and no outbox holds it, then its class, its entry in topology.py and its samples
are deleted, and `make contracts` deletes the file.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.contracts.compatibility import breaks
from deploy.contracts.schemas import json_schema_of
from shared.messaging.topology import EventType, exchange_of

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Plan:
    """What `make contracts` would do: the texts of files by name, or the reasons why not."""

    texts: Mapping[str, str]
    retired: tuple[str, ...]
    refused: tuple[str, ...]


def published_form(event: EventType) -> dict[str, Any]:
    """Return an event's JSON Schema as it is published, with the exchange that it travels on.

    The exchange and the field that names its subject are promises too.
    """
    return {
        "$schema": _DIALECT,
        "title": event.name,
        "x-exchange": exchange_of(event.producer),
        "x-subject": event.subject,
        **json_schema_of(event.contract),
    }


def samples_of(name: str, samples: Path) -> list[Path]:
    """Return an event's samples: `<event>.json`, then older shapes `<event>.before-<what>.json`."""
    return [*samples.glob(f"{name}.json"), *sorted(samples.glob(f"{name}.before-*.json"))]


def plan(events: Iterable[EventType], published: Path, samples: Path) -> Plan:
    """Compare the events with what is published of them; writes nothing."""
    texts: dict[str, str] = {}
    refused: list[str] = []
    retired: list[str] = []
    for event in events:
        form = published_form(event)
        texts[event.name] = json.dumps(form, ensure_ascii=False, indent=2) + "\n"
        file = published / f"{event.name}.json"
        if file.exists():
            before = json.loads(file.read_text(encoding="utf-8"))
            refused += [f"{event.name}: {one}" for one in breaks(before, form)]
    for file in sorted(published.glob("*.json")):
        if file.stem not in texts and samples_of(file.stem, samples):
            refused.append(f"{file.stem}: the whole event was removed, and samples of it exist")
        elif file.stem not in texts:
            retired.append(file.stem)
    return Plan(texts, tuple(retired), tuple(refused))
