"""Own the commands of the local system: `python -m deploy.local up|down|status|…`."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.local import backups, lifecycle, mail, operators, status
from deploy.local.applications import SERVICES
from deploy.local.layout import Layout
from deploy.local.progress import Failure, Progress
from deploy.local.settings import Settings

_COMMANDS = (
    *("up", "down", "status", "logs", "mail", "reset", "linli"),
    *("backup", "erasures", "restore", "lost", "unheard"),
)


def main() -> int:
    """Run one command and return its exit code."""
    given = _arguments()
    layout = Layout.at(given.state) if given.state else Layout.of_checkout()
    try:
        return _run(given.command, layout, given.more)
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; what runs, runs on: make status, make down", file=sys.stderr)
    return 1


def _run(command: str, layout: Layout, more: list[str]) -> int:
    progress = Progress()
    if command == "up":
        settings = Settings.read()
        for line in _ready(layout, lifecycle.up(layout, settings, progress), settings):
            progress.say(line)
    elif command == "down":
        lifecycle.down(layout, progress)
    elif command == "reset":
        if not _agreed(layout):
            return 1
        lifecycle.reset(layout, progress)
    elif command == "status" or [command, *more[:1]] == ["linli", "status"]:
        asked = more[1:] if command == "linli" else more
        return 0 if status.status(layout, Settings.read(), asked) else 1
    elif command in ("backup", "erasures", "restore", "lost"):
        return 0 if _kept(command, layout, more, progress) else 1
    elif command == "unheard":
        return 0 if backups.unheard(layout, Settings.read(), progress, more) else 1
    elif command == "mail":
        mail.show(layout, int(more[0]) if more and more[0].isdecimal() else 10)
    elif command == "linli":
        operators.linli(layout, Settings.read(), more)
    else:
        status.follow(layout, more[0] if more else None)
    return 0


def _kept(command: str, layout: Layout, more: list[str], progress: Progress) -> bool:
    """Run a command on backups; `more` holds services, and for a restore FROM=… among them."""
    settings, services = Settings.read(), [word for word in more if "=" not in word]
    if command == "restore":
        asked = "".join(word.removeprefix("FROM=") for word in more if "=" in word)
        if not _agreed_to_restore(services):
            return False
        return backups.restore(layout, settings, progress, services, asked)
    commands = {"backup": backups.backup, "erasures": backups.erasures, "lost": backups.lost}
    return commands[command](layout, settings, progress, services)


def _agreed_to_restore(services: list[str]) -> bool:
    if os.environ.get("FORCE") == "1" or not sys.stdin.isatty():
        return True
    what = ", ".join(services) or "EVERY service"
    return input(f"Put {what} back to the backup? [y/N] ").strip().lower() == "y"


def _ready(layout: Layout, address: str, settings: Settings) -> Iterator[str]:
    """Yield where the system is, where its documentation, and how to sign in."""
    yield f"Linli is ready: {address}"
    for service in SERVICES:
        yield f"API documentation: {address}/api/v1/{service}/docs/"
    yield f"Prometheus, with its alerts: {layout.prometheus_address()}"
    yield f"sign in as admin with the password in {layout.secrets}/admin_password"
    if settings.installation == "demo":
        yield f"the people of deploy/demo/accounts.csv: {layout.secrets}/demo_password"
    if mail.Mail(layout, layout.ports(), settings.installation).caught:
        view = f"http://127.0.0.1:{layout.ports()[mail.MAILCATCHER]}/messages"
        yield f"e-mail is caught, and sent nowhere: make mail, {view}"


def _agreed(layout: Layout) -> bool:
    if os.environ.get("FORCE") == "1" or not sys.stdin.isatty():
        return True
    return input(f"Delete all data in {layout.state}? [y/N] ").strip().lower() == "y"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy.local", description=__doc__)
    parser.add_argument("--state", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("command", choices=_COMMANDS)
    help_of_more = (
        "for logs: one process; for mail: how many; for linli: its arguments; else services"
    )
    parser.add_argument("more", nargs=argparse.REMAINDER, help=help_of_more)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
