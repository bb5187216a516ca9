"""Own the folder of caught messages: one .eml file each, the newest thousand, readable by all."""

import email
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

MOST = 1_000
_NAME = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Caught:
    """A message, decoded."""

    id: str
    to: list[str]
    sender: str
    subject: str
    date: str
    message_id: str
    text: str

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self)


class Kept:
    """The folder. Whoever reads it sees whole messages only."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self._folder = folder
        self._most = most
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, content: bytes, recipients: Sequence[str]) -> None:
        """Write a message down as it came, with who it was for; forget the oldest beyond most."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"
        for_whom = "".join(f"Delivered-To: {one}\r\n" for one in recipients)
        fresh = self._folder / f"{name}.new"
        fresh.write_bytes(for_whom.encode() + content)
        os.replace(fresh, self._folder / f"{name}.eml")
        for old in self._files()[self._most :]:
            old.unlink(missing_ok=True)

    def newest(self, most: int, to: str | None = None) -> list[Caught]:
        """Return messages, the newest first; all, or those to one address."""
        found: list[Caught] = []
        for one in self._read():
            if len(found) == most:
                break
            if to is None or to in one.to:
                found.append(one)
        return found

    def one(self, name: str) -> Caught | None:
        """Return one message, or None when there is none of that name."""
        file = self._folder / f"{name}.eml"
        return _caught(file) if _NAME.fullmatch(name) and file.is_file() else None

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.eml"), reverse=True)

    def _read(self) -> Iterator[Caught]:
        return map(_caught, self._files())


def _caught(file: Path) -> Caught:
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)  # nosec B101: what this policy makes
    body = message.get_body(("plain",))
    return Caught(
        id=file.stem,
        to=[str(one) for one in message.get_all("Delivered-To", [])],
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        date=str(message["Date"] or ""),
        message_id=str(message["Message-ID"] or ""),
        text=body.get_content() if body is not None else "",
    )
