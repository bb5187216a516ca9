"""Own `make linli A="…"`: an operator's `linli` command with the settings of the running system."""

import os
from collections.abc import Sequence

from deploy.local.applications import SERVICES, Applications
from deploy.local.layout import Layout
from deploy.local.progress import Failure
from deploy.local.settings import Settings
from deploy.local.supervision import Supervisor
from deploy.local.system import describe

_ABOUT = {
    "account": "gateway",
    "client": "gateway",
    "signing-keys": "gateway",
    "register": "grid",
    "hours": "volunteers",
}
"""Commands that are about one service's things, and so don't name it."""
_NAMING = (["signing-keys", "install"],)
"""Those among them that name one after all."""


def linli(layout: Layout, settings: Settings, arguments: Sequence[str]) -> None:
    """Become `linli ARGUMENTS`: on the database of the service that they name, or on the broker.

    Raises: Failure when nothing runs or no service is named.
    """
    if not Supervisor(layout).alive():
        raise Failure("linli", "the local system doesn't run", "start it with: make up")
    applications = describe(layout, settings, running=True).applications
    command = [applications.linli(), *arguments]
    os.execve(command[0], command, _environment(applications, arguments))


def _environment(applications: Applications, arguments: Sequence[str]) -> dict[str, str]:
    if list(arguments[:1]) == ["subscriber"]:
        return applications.provision_environment()
    service = service_of(arguments)
    if service is None:
        advice = 'for example: make linli A="parking list grid"'
        raise Failure("linli", f"none of {', '.join(SERVICES)} is named", advice)
    return applications.service_environment(service)


def service_of(arguments: Sequence[str]) -> str | None:
    """Return the service on whose database a command works; None when it names none."""
    if list(arguments[:2]) == ["keys", "new"] or not {"-h", "--help"}.isdisjoint(arguments):
        return SERVICES[0]  # it works on none
    if list(arguments[:2]) not in _NAMING and "".join(arguments[:1]) in _ABOUT:
        return _ABOUT[arguments[0]]
    return next((word for word in arguments if word in SERVICES), None)
