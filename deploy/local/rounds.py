"""Own which events are sent again after a restore: by whom, since when, of which type."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.backup.manifest import Manifest
from shared.messaging.resend import oldest_since
from shared.messaging.retention import Periods
from shared.messaging.topology import SERVICES, bindings

MARGIN = timedelta(hours=1)
"""Delivery is unordered, clocks differ, and a transaction may commit long after it began."""

_ALL_KEYS = "#"


@dataclass(frozen=True, order=True)
class Round:
    """What one service sends again: all that it sent since, or of one type."""

    producer: str
    since: datetime
    event_type: str | None = None


def rounds(restored: Sequence[Manifest], now: datetime, periods: Periods) -> list[Round]:
    """Return what must be sent again after these backups were restored.

    Everything that anyone sent since the oldest of them. And for a queue that was behind when its
    backup was taken, what it had not claimed yet: messages that then waited in the broker, were
    handled later, and are now neither there nor in the restored inbox.
    """
    oldest = oldest_since(now, periods) + timedelta(minutes=1)
    since = max(min(one.started_at for one in restored) - MARGIN, oldest)
    earlier: dict[tuple[str, str | None], datetime] = {}
    for manifest in restored:
        for binding in bindings():
            if not binding.queue.startswith(f"{manifest.service}."):
                continue
            event_type = None if binding.key == _ALL_KEYS else binding.key
            sent_by = (binding.exchange.removesuffix(".events"), event_type)
            newest = manifest.heard.get(binding.queue, oldest)
            behind = max(newest - MARGIN, oldest)
            if newest < manifest.started_at - MARGIN / 2 and behind < since:
                earlier[sent_by] = min(behind, earlier.get(sent_by, behind))
    late = [Round(producer, at, kind) for (producer, kind), at in earlier.items()]
    return [Round(service, since) for service in SERVICES] + sorted(
        late, key=lambda one: (one.producer, one.event_type or "")
    )
