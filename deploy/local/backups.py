"""Own `make backup`, `erasures`, `restore`, `lost` and `unheard` on the local system."""

import time
from collections.abc import Sequence

from deploy.local import missing, restoring, steps
from deploy.local.applications import EXTENSIONS, KINDS, SERVICES
from deploy.local.ground import Ground
from deploy.local.health import ask_all, checks
from deploy.local.layout import Layout
from deploy.local.lifecycle import READY_SECONDS, alone
from deploy.local.progress import Failure, Progress
from deploy.local.settings import Settings
from deploy.local.supervision import Supervisor
from deploy.local.system import System, describe
from deploy.local.taking import take_backups, take_erasures
from shared.backup.shelf import LATEST, Shelf


def backup(layout: Layout, settings: Settings, progress: Progress, services: Sequence[str]) -> bool:
    """Take a backup of each service; tell whether all went well."""
    return take_backups(ground_of(layout, settings, progress), services)


def erasures(
    layout: Layout, settings: Settings, progress: Progress, services: Sequence[str]
) -> bool:
    """Add the newest erasures of each service to those kept beside the backups."""
    return take_erasures(ground_of(layout, settings, progress), services)


def restore(
    layout: Layout, settings: Settings, progress: Progress, services: Sequence[str], asked: str
) -> bool:
    """Restore services from their backups, all without any named; tell whether nothing was lost."""
    ground = ground_of(layout, settings, progress)
    with alone(layout, progress):
        return restoring.restore(ground, services or SERVICES, asked or LATEST)


def lost(layout: Layout, settings: Settings, progress: Progress, services: Sequence[str]) -> bool:
    """Say again what the last restore of a service lost."""
    if not services:
        raise Failure("lost events", "no service is named", "make lost S=grid")
    ground = ground_of(layout, settings, progress)
    return all([restoring.lost(ground, service) for service in services])


def unheard(layout: Layout, settings: Settings, progress: Progress, words: Sequence[str]) -> bool:
    """Say what was sent and never came out of a queue; tell whether nothing."""
    return missing.unheard(ground_of(layout, settings, progress), *missing.period_from(list(words)))


def ground_of(layout: Layout, settings: Settings, progress: Progress) -> Ground:
    """Return the running local system as backups see it.

    Raises: Failure when it doesn't run.
    """
    supervisor = Supervisor(layout)
    if not supervisor.alive():
        raise Failure("the local system", "it doesn't run", "start it with: make up")
    system = describe(layout, settings, running=True)
    applications = system.applications
    return Ground(
        admin_url=applications.servers.postgres_admin_url,
        linli=applications.linli(),
        environment_of=applications.service_environment,
        extensions_of=lambda service: EXTENSIONS.get(service, ()),
        stop=lambda services: _stop(system, supervisor, services),
        start=lambda services: _start(system, supervisor, services),
        hand_out_keys=lambda: steps.hand_out_signing_keys(system, progress),
        shelf=Shelf(applications.backups()),
        say=progress.say,
    )


def _names(services: Sequence[str]) -> set[str]:
    return {f"{service}-{kind}" for service in services for kind in KINDS}


def _stop(system: System, supervisor: Supervisor, services: Sequence[str]) -> None:
    names, now = _names(services), supervisor.processes()
    for program in system.own_programs():
        if program.name in names and now[program.name].state in ("RUNNING", "STARTING", "BACKOFF"):
            supervisor.stop(program)


def _start(system: System, supervisor: Supervisor, services: Sequence[str]) -> None:
    """Start the processes of services and return when they are ready.

    Raises: Failure naming the first that isn't in time.
    """
    names = _names(services)
    supervisor.start_programs(one for one in system.own_programs() if one.name in names)
    left = {name: check for name, check in checks(system).items() if name in names}
    deadline = time.monotonic() + READY_SECONDS
    while left:
        left = {name: left[name] for name, ready in ask_all(left).items() if not ready}
        if left and time.monotonic() > deadline:
            name = next(iter(left))
            log = system.layout.log_of(name)
            advice = f"make logs P={name}; once it is ready: make lost S='{' '.join(services)}'"
            raise Failure(name, "restored, but not ready yet", advice, log)
        time.sleep(0.1)
