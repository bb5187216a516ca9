"""Own what is taken of every service while it works: its backup, and its newest erasures."""

from collections.abc import Sequence

from deploy.local.applications import SERVICES
from deploy.local.ground import Ground
from deploy.local.progress import Failure
from shared.backup.shelf import private_folder


def take_backups(ground: Ground, services: Sequence[str]) -> bool:
    """Take a backup of each service; tell whether all went well. One that fails stops no other."""
    well = [_attempt(ground, one, ["backup", "make", one]) for one in services or SERVICES]
    return all(well)


def take_erasures(ground: Ground, services: Sequence[str]) -> bool:
    """Add the newest erasures of each service to those kept beside the backups."""
    well = []
    for service in services or SERVICES:
        file = ground.shelf.erasures(service)
        private_folder(file.parent)
        well.append(_attempt(ground, service, ["erasures", "export", service, "--to", str(file)]))
    return all(well)


def _attempt(ground: Ground, service: str, arguments: Sequence[str]) -> bool:
    try:
        for line in ground.run(service, arguments):
            ground.say(line)
    except Failure as failure:
        ground.say(f"FAILED {service}: {failure.why}")
        return False
    return True
