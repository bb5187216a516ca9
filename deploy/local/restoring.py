"""Own `make restore`: services get the databases of their backups, and others send again.

Nothing of the destroyed database is deleted: what is left of it is kept aside. Until the swap a
failure changes nothing; after it, running the same command again is safe.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from deploy.local.ground import Ground
from deploy.local.progress import Failure
from deploy.local.rounds import MARGIN, rounds
from deploy.postgres.databases import exists, make_empty, swap_in
from shared.backup.manifest import Backup
from shared.backup.shelf import private_folder
from shared.clock import real_now
from shared.errors import Rejected
from shared.messaging.record import read
from shared.messaging.retention import Periods
from shared.messaging.topology import SERVICES

RESTORED = "restored.json"
"""The record of delivery of a restored service, made before its versions leapt."""

_LINES = 40
"""Of a report to show; the file has all."""

_STAMP = "%Y%m%dT%H%M%SZ"


def restore(ground: Ground, services: Sequence[str], asked: str) -> bool:
    """Restore services from their backups; tell whether nothing was lost.

    Raises: Failure naming the step and what to do.
    """
    backups = [_checked(ground, service, asked) for service in services]
    at = real_now()
    ground.say(f"stopping {', '.join(services)}; the others go on working")
    ground.stop(services)
    for backup in backups:
        _keep_erasures(ground, backup.manifest.service)
    for backup in backups:
        _bring_in(ground, backup, at)
    ground.hand_out_keys()
    _send_again(ground, backups)
    ground.start(services)
    return all([lost(ground, service) for service in services])


def lost(ground: Ground, service: str) -> bool:
    """Say what the last restore of a service lost, as far as the others know; tell whether nothing.

    Raises: Failure when it was never restored here.
    """
    folders = _reports_of(ground, service)
    if not folders:
        raise Failure("lost events", f"{service} was never restored", "make restore does that")
    file = folders[-1] / RESTORED
    restored = read(str(file), file.read_text(encoding="utf-8"))
    files = [folders[-1] / f"{one}.json" for one in SERVICES]
    for one, to in zip(SERVICES, files, strict=True):
        ground.run(one, record(one, to, restored.since, restored.until))
    named: list[str | Path] = ["--restored", file, *files, "--limit", "1000000"]
    named += ["--restores", str(len(folders))]
    done = ground.attempt(service, ["outbox", "lost", service, *named])
    lines = done.stdout.splitlines()
    for line in lines if len(lines) <= _LINES else [*lines[:_LINES], f"… {len(lines)} lines"]:
        ground.say(line)
    if done.returncode != 0 and not done.stdout:
        raise Failure("linli outbox lost", done.stderr.strip(), f"make lost S={service}")
    (folders[-1] / "lost.txt").write_text(done.stdout, encoding="utf-8")
    if done.returncode != 0:
        ground.say(f"kept in {folders[-1]}; what to do: docs/backup.md, “What is lost”")
    return done.returncode == 0


def _checked(ground: Ground, service: str, asked: str) -> Backup:
    try:
        backup = ground.shelf.find(service, asked)
        backup.check()
    except Rejected as refusal:
        advice = f'choose another: make linli A="backup list {service}"'
        raise Failure(f"backup of {service}", refusal.text("en"), advice) from refusal
    started = backup.manifest.started_at
    if started < real_now() - Periods.from_environment().outbox + MARGIN:
        why = f"it is of {started:%Y-%m-%d}: the others no longer have what they sent since then"
        raise Failure(f"backup of {service}", why, "take a newer one; docs/backup.md says why")
    ground.say(f"{service}: {backup.folder} is whole")
    return backup


def _keep_erasures(ground: Ground, service: str) -> None:
    """Add what the destroyed database knows of erasures to those kept, if it can still be read."""
    if not exists(ground.admin_url, ground.database_of(service)):
        ground.say(f"{service}: its database is gone; erasures since they were kept last too")
        return
    file = ground.shelf.erasures(service)
    private_folder(file.parent)
    done = ground.attempt(service, ["erasures", "export", service, "--to", file])
    words = (done.stdout or done.stderr).strip().splitlines()
    ground.say(f"erasures of the old database: {words[-1] if words else done.returncode}")


def _bring_in(ground: Ground, backup: Backup, at: datetime) -> None:
    """Fill a new database, compare it, and give it the place of the old one."""
    service = backup.manifest.service
    name = ground.database_of(service)
    fresh, aside = f"{name}_restoring", f"{name}_before_{at.strftime(_STAMP)}"
    try:
        login, extensions = ground.login_of(service), ground.extensions_of(service)
        make_empty(ground.admin_url, fresh, login, extensions)
        load: list[str | Path] = ["backup", "load", service, backup.folder]
        noted = _noted(ground, backup)
        restores = len(_reports_of(ground, service))
        for command in (load, noted, ["backup", "leap", service, "--restores", str(restores)]):
            for line in ground.run(service, command, url=ground.url_in(service, fresh)):
                ground.say(f"{service}: {line.removeprefix(f'{service}: ')}")
        kept = swap_in(ground.admin_url, fresh, name, aside)
    except (psycopg.Error, Failure) as error:
        why = error.why if isinstance(error, Failure) else str(error).strip()
        advice = "the old database is as it was: make restore again, or make up to go on with it"
        raise Failure(f"database {fresh}", why, advice) from error
    ground.say(f"{service}: {name} is the restored one" + (f"; the old: {aside}" if kept else ""))


def _reports_of(ground: Ground, service: str) -> list[Path]:
    """Return the folders of all restores of a service, the oldest first, tries that failed too."""
    return sorted(ground.shelf.reports.glob(f"{service}-*Z"))


def _noted(ground: Ground, backup: Backup) -> list[str | Path]:
    """Return the command that keeps what the restored service knows, before its versions leap."""
    # an id made in this millisecond would lie on the edge
    service, until = backup.manifest.service, real_now() + timedelta(seconds=1)
    folder = private_folder(ground.shelf.reports / f"{service}-{until.strftime(_STAMP)}")
    return record(service, folder / RESTORED, backup.manifest.started_at - MARGIN, until)


def record(service: str, to: Path, since: datetime, until: datetime) -> list[str | Path]:
    """Return the command that writes a service's record of delivery into a file."""
    period = ["--since", since.isoformat(), "--until", until.isoformat()]
    return ["outbox", "record", service, *period, "--to", to]


def _send_again(ground: Ground, backups: Sequence[Backup]) -> None:
    manifests = [backup.manifest for backup in backups]
    for each in rounds(manifests, real_now(), Periods.from_environment()):
        of_type = ["--event", each.event_type] if each.event_type else []
        since = ["--since", each.since.isoformat()]
        for line in ground.run(
            each.producer, ["outbox", "resend", each.producer, *since, *of_type]
        ):
            ground.say(line)
