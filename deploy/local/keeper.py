"""Own the end of a temporary system: when its parent is gone, kill what is left, remove its state.

A child of the test process that waits on a pipe: the pipe closes at the latest when the parent
dies, kill -9 included. `PR_SET_PDEATHSIG` would not do: it follows the thread that forked, is lost
with a change of user, and removes no folders.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

from deploy.local.leftovers import kill_all


class Keeper:
    """The waiting child. `close` ends the system and returns when nothing of it is left."""

    def __init__(self, state: Path) -> None:
        command = [sys.executable, "-m", "deploy.local.keeper", str(state)]
        self._child: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdin=subprocess.PIPE, start_new_session=True
        )

    def close(self) -> None:
        """Let go: the child kills, removes and exits."""
        pipe: IO[bytes] | None = self._child.stdin
        if pipe is not None:
            pipe.close()
        self._child.wait(timeout=30)


def keep(state: Path) -> None:
    """Wait until standard input closes, then end the system in `state`."""
    os.read(0, 1)
    kill_all(state)
    shutil.rmtree(state, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
