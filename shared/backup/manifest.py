"""Owns what a backup says of itself: its manifest, the last of its files to be written."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from shared.errors import Rejected

Kind = Literal["data", "keys"]

FORMAT = 1
NAME = "manifest.json"
_CHUNK = 1 << 20


class BackupBroken(Rejected):
    """A folder isn't a whole backup of that service, or not as it was written."""

    zh = "备份 {folder} 不完整或已被改动（{why}），未执行任何操作"
    en = "the backup {folder} is not whole: {why}; nothing was done with it"


@dataclass(frozen=True)
class StoredFile:
    """A file of a backup: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """When a backup was taken of what, and all that a restore compares.

    `started_at` is the time of its snapshot: what committed later is not in it. `heard` has the
    newest event that each queue's claims know, by its own time; `rows` counts each table.
    """

    service: str
    kind: Kind
    migration: str | None
    started_at: datetime
    finished_at: datetime
    outbox_position: int
    newest_event_at: datetime | None
    heard: Mapping[str, datetime]
    rows: Mapping[str, int]
    files: Mapping[str, StoredFile]

    def to_json(self) -> str:
        """Return the manifest as it lies in its file."""
        plain = {"linli": "backup", "format": FORMAT} | asdict(self)
        return json.dumps(plain, default=datetime.isoformat, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True)
class Backup:
    """One whole backup: its folder and what it says of itself."""

    folder: Path
    manifest: Manifest

    def check(self) -> None:
        """Compare every file with its size and hash.

        Raises:
            BackupBroken: naming the first that differs.
        """
        for name, stored in self.manifest.files.items():
            path = self.folder / name
            if not path.is_file() or path.stat().st_size != stored.bytes:
                raise BackupBroken(folder=self.folder, why=f"{name} is missing or cut")
            if sha256_of(path) != stored.sha256:
                raise BackupBroken(folder=self.folder, why=f"{name} was changed")

    def looks_whole(self) -> bool:
        """Tell whether each file is there in its size: quick, without reading them."""
        files = self.manifest.files.items()
        return all(_size(self.folder / name) == stored.bytes for name, stored in files)


def stored(path: Path) -> StoredFile:
    """Return what a manifest says of a file."""
    return StoredFile(path.stat().st_size, sha256_of(path))


def sha256_of(path: Path) -> str:
    """Return the hash of a file, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read(folder: Path) -> Backup:
    """Return the backup in a folder, its files not yet compared.

    Raises:
        BackupBroken: when there is no manifest, or none of ours.
    """
    try:
        plain = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if plain["linli"] != "backup" or plain["format"] != FORMAT:
            raise ValueError("another format")
        return Backup(folder, _manifest(plain))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"no readable {NAME} ({type(error).__name__})"
        raise BackupBroken(folder=folder, why=why) from error


def _manifest(plain: dict[str, Any]) -> Manifest:
    newest = plain["newest_event_at"]
    return Manifest(
        service=plain["service"],
        kind=plain["kind"],
        migration=plain["migration"],
        started_at=datetime.fromisoformat(plain["started_at"]),
        finished_at=datetime.fromisoformat(plain["finished_at"]),
        outbox_position=plain["outbox_position"],
        newest_event_at=None if newest is None else datetime.fromisoformat(newest),
        heard={queue: datetime.fromisoformat(at) for queue, at in plain["heard"].items()},
        rows=plain["rows"],
        files={name: StoredFile(**one) for name, one in plain["files"].items()},
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
