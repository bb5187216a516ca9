"""Owns `linli status`: the whole system on one screen, and what is wrong with it.

linli status [--language zh|en]     exit code 1 when something is wrong

It asks each process at its own address, the broker's management API with the login `monitor`, and
Prometheus for the alerts that fire. In containers: docker compose exec provisioner linli status
"""

import argparse
import sys
from typing import Any


def add_status(commands: Any) -> None:
    """Add the command to `linli`'s parser."""
    status = commands.add_parser(
        "status", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    status.add_argument("--language", choices=("zh", "en"), help="else what LANG says, else zh")
    status.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from shared.status.looking import Whereabouts

    if not show(Whereabouts.from_environment(), arguments.language):
        sys.exit(1)


def show(where: Any, language: str | None) -> bool:
    """Look, print, and return whether all is well."""
    from shared.clock import real_now
    from shared.status.looking import look
    from shared.status.screen import language_of, screen
    from shared.status.verdict import troubles

    seen, now = look(where), real_now()
    wrong = troubles(seen, now)
    print("\n".join(screen(seen, wrong, now, language or language_of())))
    return not wrong
