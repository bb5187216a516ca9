"""Own what `make status` and `make logs` show."""

import argparse
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta

from deploy.local.applications import NAMES
from deploy.local.health import ask_all, checks
from deploy.local.layout import Layout
from deploy.local.progress import Failure
from deploy.local.settings import Settings
from deploy.local.supervision import ProcessInfo, Supervisor
from deploy.local.system import System, describe
from shared.status.looking import Whereabouts
from shared.status_cli import show

_ROW = "{:<20} {:<9} {:>9} {:>8}  {:<17} {}"


def status(layout: Layout, settings: Settings, more: Sequence[str] = ()) -> bool:
    """Print the system on one screen, with `--long` also each process; return whether all is well.

    Raises: Failure when nothing runs.
    """
    asked = _parser().parse_args(list(more))
    supervisor = Supervisor(layout)
    if not supervisor.alive():
        raise Failure("status", "nothing runs", "start it with: make up")
    processes = supervisor.processes()
    system = describe(layout, settings, running=True)
    ready = ask_all({n: c for n, c in checks(system).items() if n in processes})
    if asked.long:
        print(_ROW.format("process", "state", "up for", "pid", "address", "ready"))
        print("\n".join(_rows(system, processes, ready)), end="\n\n")
    others = {name: well for name, well in ready.items() if name not in NAMES}
    well = show(_whereabouts(system, others), asked.language)
    print(f"\n{layout.address()}  Prometheus: {system.prometheus.address}")
    return well


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="linli status", description="make status A=…")
    parser.add_argument("--language", choices=("zh", "en"), help="else what LANG says, else zh")
    parser.add_argument("--long", action="store_true", help="each process: state, pid, address")
    return parser


def _whereabouts(system: System, others: dict[str, bool]) -> Whereabouts:
    """Return what the processes are told, and where each of them listens here."""
    return Whereabouts(
        {name: f"127.0.0.1:{system.ports[name]}" for name in NAMES},
        system.applications.monitor_url(),
        system.prometheus.address,
        others=others,
    )


def follow(layout: Layout, name: str | None) -> None:
    """Become `tail -F` on the logs of one process, or of all.

    Raises: Failure when there is no such log.
    """
    files = [layout.log_of(name)] if name else sorted(layout.logs.glob("*.log"))
    if not files or not files[0].exists():
        known = ", ".join(sorted(file.stem for file in layout.logs.glob("*.log"))) or "none yet"
        raise Failure(f"log of {name or 'the system'}", "there is none", f"logs there are: {known}")
    os.execvp("tail", ["tail", "-n", "20", "-F", *map(str, files)])


def _rows(
    system: System, processes: dict[str, ProcessInfo], ready: dict[str, bool]
) -> Iterator[str]:
    for one in processes.values():
        up_for = str(timedelta(seconds=one.now - one.started)) if one.pid else "-"
        answer = "yes" if ready.get(one.name) else "NO"
        yield _ROW.format(
            one.name, one.state, up_for, one.pid or "-", system.address_of(one.name), answer
        )
