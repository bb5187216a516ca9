"""Owns what tests of the local system share: a system in a folder of the test."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.layout import Layout
from deploy.local.lifecycle import down
from deploy.local.progress import Progress
from deploy.local.settings import Settings
from deploy.local.supervision import Supervisor
from deploy.local.system import System, describe


def system_in(folder: Path, settings: Settings | None = None) -> System:
    """Return a described, not started system with all it has in `folder`."""
    layout = Layout.at(folder)
    layout.make()
    return describe(layout, settings or Settings(), running=False)


@contextmanager
def supervised(system: System, configuration: str) -> Iterator[Supervisor]:
    """Run supervisord with this configuration; nothing of it is left afterwards."""
    supervisor = Supervisor(system.layout)
    supervisor.start(configuration)
    try:
        yield supervisor
    finally:
        down(system.layout, Progress())


def eventually(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Return as soon as the condition holds.

    Raises: AssertionError when it does not in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.05)
