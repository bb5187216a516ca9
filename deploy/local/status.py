"""Own what `make status` and `make logs` show."""

import os
from collections.abc import Iterator
from datetime import timedelta

from deploy.local.health import ask_all, checks
from deploy.local.layout import Layout
from deploy.local.progress import Failure
from deploy.local.settings import Settings
from deploy.local.supervision import ProcessInfo, Supervisor
from deploy.local.system import System, describe

_ROW = "{:<20} {:<9} {:>9} {:>8}  {:<17} {}"


def status(layout: Layout, settings: Settings) -> bool:
    """Print one line per process; return whether all of them are well."""
    supervisor = Supervisor(layout)
    if not supervisor.alive():
        print("nothing runs; start it with: make up")
        return False
    processes = supervisor.processes()
    system = describe(layout, settings, running=True)
    ready = ask_all({n: c for n, c in checks(system).items() if n in processes})
    print(_ROW.format("process", "state", "up for", "pid", "address", "ready"))
    for line in _rows(system, processes, ready):
        print(line)
    well = all(ready.values()) and all(one.running for one in processes.values())
    print(f"\n{layout.address()}  {'all is well' if well else 'not all is well: make logs P=…'}")
    return well


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
