"""Owns the file that keeps erasures outside of the database, for the day a backup is restored.

JSON Lines in UTF-8: a heading that names the service, one erasure a line, and at the end how many
there are and the SHA-256 of all before, so that a file that was cut is never taken for whole.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.errors import Rejected
from shared.privacy.erasure import ErasureRow
from shared.privacy.reasons import ReasonMissing, require_reason


class ErasureFileBroken(Rejected):
    """A file isn't one that `linli erasures export` wrote for this service, or not all of it."""

    zh = "删除记录文件第 {line} 行有误（{why}），未执行任何操作"
    en = "line {line} of the file of erasures: {why}; nothing was replayed"


def written(service: str, rows: Iterable[ErasureRow]) -> Iterator[str]:
    """Yield the lines of a file, each with its end."""
    digest, count = hashlib.sha256(), 0
    yield _hashed(digest, _heading(service))
    for row in rows:
        count += 1
        plain = vars(row) | {"person_id": str(row.person_id), "by_id": str(row.by_id)}
        yield _hashed(digest, plain | {"erased_at": row.erased_at.isoformat()})
    yield _line({"rows": count, "sha256": digest.hexdigest()})


def read(service: str, content: bytes) -> list[ErasureRow]:
    """Return the erasures that a file holds.

    Raises:
        ErasureFileBroken: when it is of another service, was cut or changed; it names the line.
    """
    lines = content.splitlines(keepends=True)
    if not lines or _value(lines[0], 1) != _heading(service):
        raise ErasureFileBroken(line=1, why=f"no heading of erasures of {service}")
    *rows, end = lines[1:] or [b""]
    digest = hashlib.sha256(b"".join((lines[0], *rows))).hexdigest()
    if not end.endswith(b"\n") or _value(end, len(lines)) != {"rows": len(rows), "sha256": digest}:
        raise ErasureFileBroken(line=len(lines), why="it was cut or changed after it was written")
    return [_row(_value(line, number), number) for number, line in enumerate(rows, 2)]


def _heading(service: str) -> dict[str, Any]:
    return {"linli": "erasures", "format": 1, "service": service}


def _hashed(digest: Any, value: dict[str, Any]) -> str:
    line = _line(value)
    digest.update(line.encode())
    return line


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _value(line: bytes, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ErasureFileBroken(line=number, why="it is not JSON") from error


def _row(value: Any, number: int) -> ErasureRow:
    try:
        row = ErasureRow(
            UUID(value["person_id"]),
            datetime.fromisoformat(value["erased_at"]),
            UUID(value["by_id"]),
            require_reason(value["reason"]),
        )
    except (TypeError, KeyError, ValueError, AttributeError, ReasonMissing) as error:
        raise ErasureFileBroken(line=number, why="it is no erasure") from error
    if row.erased_at.tzinfo is None:
        raise ErasureFileBroken(line=number, why="its time has no offset")
    return row
