"""Owns the replay of erasures on a restored database, batch by batch."""

from collections.abc import Sequence

from shared.database import Transactions
from shared.privacy.erasure import ErasureRow, Replayed, replay_erasures
from shared.privacy.fields import declared_by

_AT_ONCE = 500


def replay_in_batches(
    db: Transactions, service: str, rows: Sequence[ErasureRow], who: str
) -> list[Replayed]:
    """Erase these persons again and return what each batch found; running it twice is safe."""
    fields = declared_by(service).fields
    return [
        db.run(
            lambda session, some, now: replay_erasures(session, fields, some, who=who, now=now),
            rows[start : start + _AT_ONCE],
        )
        for start in range(0, len(rows), _AT_ONCE)
    ]
