"""Own the commands of the local system: `python -m deploy.local up|down|status|logs|reset`."""

import argparse
import os
import sys
from pathlib import Path

from deploy.local import lifecycle, status
from deploy.local.layout import Layout
from deploy.local.progress import Failure, Progress
from deploy.local.settings import Settings


def main() -> int:
    """Run one command and return its exit code."""
    given = _arguments()
    layout = Layout.at(given.state) if given.state else Layout.of_checkout()
    try:
        return _run(given.command, layout, given.process)
    except Failure as failure:
        print(failure.report(), file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; what runs, runs on: make status, make down", file=sys.stderr)
    return 1


def _run(command: str, layout: Layout, process: str | None) -> int:
    progress = Progress()
    if command == "up":
        address = lifecycle.up(layout, Settings.read(), progress)
        progress.say(f"Linli is ready: {address}")
    elif command == "down":
        lifecycle.down(layout, progress)
    elif command == "reset":
        if not _agreed(layout):
            return 1
        lifecycle.reset(layout, progress)
    elif command == "status":
        return 0 if status.status(layout, Settings.read()) else 1
    else:
        status.follow(layout, process)
    return 0


def _agreed(layout: Layout) -> bool:
    if os.environ.get("FORCE") == "1" or not sys.stdin.isatty():
        return True
    return input(f"Delete all data in {layout.state}? [y/N] ").strip().lower() == "y"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy.local", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status", "logs", "reset"))
    parser.add_argument("process", nargs="?", help="for logs: one process, else all")
    parser.add_argument("--state", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
