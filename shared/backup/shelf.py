"""Owns the folder of backups: what lies where, and that a half backup is never taken for one.

data/<service>/<time>/     the database without persons' keys, and its manifest
keys/<service>/<time>/     persons' keys of the same moment, apart, as they are to die sooner
erasures/<service>.jsonl   who was erased: only ever grows, outlives every backup
reports/                   what restores found lost
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shared import config
from shared.backup import manifest as manifests
from shared.backup.manifest import Backup, BackupBroken, Kind, Manifest
from shared.errors import Conflict, NotFound

LATEST = "latest"
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_VARIABLE = "LINLI_BACKUP_DIR"


class NoBackup(NotFound):
    """There is no backup of that service, or none of that name."""

    zh = "{root} 中没有服务 {service} 的备份“{asked}”"
    en = "there is no backup {asked!r} of {service} in {root}"


class BackupUnderWay(Conflict):
    """Another backup of the same service is being made."""

    zh = "服务 {service} 的另一备份正在进行"
    en = "another backup of {service} is being made; wait for it"


@dataclass(frozen=True)
class Shelf:
    """The folder of all backups of one installation."""

    root: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Shelf":
        """Return the folder that LINLI_BACKUP_DIR names.

        Raises:
            BadConfiguration: when it isn't set.
        """
        return cls(Path(config.required(_VARIABLE, environ)))

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def erasures(self, service: str) -> Path:
        """Return the file that keeps a service's erasures."""
        return self.root / "erasures" / f"{service}.jsonl"

    def backups(self, service: str, kind: Kind = "data") -> list[Backup]:
        """Return the backups of a service, the newest first; what is no backup is passed over."""
        folder = self.root / kind / service
        found = []
        for path in sorted(folder.glob("[0-9]*Z"), reverse=True) if folder.is_dir() else ():
            try:
                found.append(manifests.read(path))
            except BackupBroken:
                continue
        return found

    def find(self, service: str, asked: str, kind: Kind = "data") -> Backup:
        """Return the newest backup, or the one of that time or folder.

        Raises:
            NoBackup: when there is none.
            BackupBroken: when it isn't one of this service.
        """
        if asked == LATEST and (newest := self.backups(service, kind)):
            return newest[0]
        for folder in (Path(asked), self.root / kind / service / asked):
            if asked != LATEST and (folder / manifests.NAME).exists():
                return _of(manifests.read(folder), service, kind)
        raise NoBackup(root=self.root, service=service, asked=asked)

    @contextmanager
    def alone(self, service: str) -> Iterator[None]:
        """Hold the shelf of a service, so that no two make or delete its backups at once.

        Raises:
            BackupUnderWay: when another process does.
        """
        private_folder(self.root)
        with open(os.open(self.root / f".{service}.lock", os.O_CREAT | os.O_RDWR, 0o600)) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupUnderWay(service=service) from None
            yield

    def begin(self, service: str, kind: Kind, at: datetime) -> Path:
        """Return a new folder to fill; its name says that it is not a backup yet."""
        part = private_folder(self.root / kind / service) / f".{at.strftime(_STAMP)}.part"
        part.mkdir(mode=0o700)
        return part

    def finish(self, part: Path, manifest: Manifest) -> Backup:
        """Make a filled folder a backup: write its manifest, store it all, give it its name."""
        file = part / manifests.NAME
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(manifest.to_json())
        for path in (*part.iterdir(), part):
            _store(path)
        whole = part.with_name(part.name[1:].removesuffix(".part"))
        part.rename(whole)
        _store(whole.parent)
        return Backup(whole, manifest)

    def clear(self, service: str) -> None:
        """Remove what backups left that didn't come to their end; hold `alone` meanwhile."""
        for kind in ("data", "keys"):
            for part in (self.root / kind / service).glob(".*.part"):
                shutil.rmtree(part)

    def delete_before(self, service: str, kind: Kind, before: datetime) -> list[Path]:
        """Delete backups that began before a time, never the newest; return their folders."""
        old = [
            backup.folder
            for backup in self.backups(service, kind)[1:]
            if backup.manifest.started_at < before
        ]
        for folder in old:
            shutil.rmtree(folder)
        return old

    def age_of_newest(self, service: str, now: datetime) -> timedelta | None:
        """Return the age of the newest backup whose files are all there, None without any."""
        whole = (one for one in self.backups(service) if one.looks_whole())
        newest = next(whole, None)
        return None if newest is None else now - newest.manifest.started_at


def private_folder(path: Path) -> Path:
    """Make a folder, and those above it, for nobody else to look into; return it."""
    for folder in (*reversed(path.parents), path):
        folder.mkdir(mode=0o700, exist_ok=True)
    return path


def _of(backup: Backup, service: str, kind: Kind) -> Backup:
    said = (backup.manifest.service, backup.manifest.kind)
    if said != (service, kind):
        why = f"it holds {said[1]} of {said[0]}, not {kind} of {service}"
        raise BackupBroken(folder=backup.folder, why=why)
    return backup


def _store(path: Path) -> None:
    """Have the disk hold a file's or folder's content, so that a power cut can't halve it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
