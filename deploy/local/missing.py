"""Own `make unheard`: what was sent and never came out of a queue, by all records of delivery."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.applications import SERVICES
from deploy.local.ground import Ground
from deploy.local.progress import Failure
from deploy.local.restoring import record
from shared.clock import real_now
from shared.outbox_cli import time_from

UNDER_WAY = timedelta(minutes=5)
"""What was made since then may still be on its way; a handler that failed once waits less."""

_USUAL = timedelta(days=1)


def period_from(words: list[str]) -> tuple[datetime, datetime]:
    """Return from when until when is compared: since SINCE=…, else a day, until five minutes ago.

    Raises: Failure when the time can't be read.
    """
    until = real_now() - UNDER_WAY
    said = "".join(word.removeprefix("SINCE=") for word in words if word.startswith("SINCE="))
    try:
        return (time_from(said) if said else until - _USUAL), until
    except ValueError as error:
        advice = "make unheard SINCE=2026-11-26T08:00"
        raise Failure("unheard events", f"{said} is no time", advice) from error


def unheard(ground: Ground, since: datetime, until: datetime) -> bool:
    """Say what hearers missed and how it is mended; tell whether nothing.

    Raises: Failure when a record can't be made.
    """
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{service}.json" for service in SERVICES]
        for service, file in zip(SERVICES, files, strict=True):
            ground.run(service, record(service, file, since, until))
        done = ground.attempt(SERVICES[0], ["outbox", "unheard", *files])
    if done.returncode != 0 and not done.stdout:
        raise Failure("linli outbox unheard", done.stderr.strip(), "make unheard")
    for line in done.stdout.splitlines():
        ground.say(line)
    return done.returncode == 0
