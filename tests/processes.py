"""Owns the processes that tests start: the real `linli` commands, on ports of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import requests

from deploy.local.ports import free_ports
from tests.keys import KEYS
from tests.observe import eventually

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120.0
"""Fifteen processes that start together on two cores took 20 s, and over 30 on a busy host."""

LINLI = (str(Path(sys.executable).parent / "linli"),)


class Process:
    """One running process; its output goes to a file that a failing wait shows."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        program: Sequence[str] = LINLI,
    ) -> None:
        (port,) = free_ports(1)
        self.address = f"http://127.0.0.1:{port}"
        self.log = log
        self._command = [*program, *arguments]
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("LINLI_")},
            "LINLI_ENV": "test",
            **KEYS,
            "LINLI_HTTP_BIND": f"127.0.0.1:{port}",
            **environment,
        }
        self.wanted = True
        """Nobody has ended it on purpose."""
        self._process = self._start(log)

    def _start(self, log: Path) -> "subprocess.Popen[bytes]":
        with log.open("ab") as output:
            return subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def get(self, path: str) -> requests.Response | None:
        """Return the answer to a GET, None while nobody listens."""
        try:
            return requests.get(self.address + path, timeout=15)
        except requests.ConnectionError:
            return None

    def ready(self) -> bool:
        """Tell whether /readyz says yes, and it is this process that says so."""
        if self.exited():
            return False
        answer = self.get("/readyz")
        return answer is not None and answer.status_code == 200

    def wait_ready(self) -> "Process":
        """Return when the process is ready; show its log when it isn't in time."""
        try:
            eventually(self.ready, READY_SECONDS, f"{self._command[-2:]} ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from error
        return self

    def metric(self, name: str, **labels: str) -> float:
        """Return the value of a metric, 0 when it has none yet."""
        answer = self.get("/metrics")
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        for line in answer.text.splitlines() if answer else ():
            if line.startswith((name + "{", name + " ")) and all(w in line for w in wanted):
                return float(line.rpartition(" ")[2])
        return 0.0

    def tail(self) -> str:
        """Return the last lines of the process's output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])

    def kill(self) -> None:
        """Kill -9, with its children: gunicorn's worker would hold the port."""
        self.wanted = False
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def terminate(self, seconds: float = 30) -> int:
        """SIGTERM; return the exit code."""
        self.ask_to_end()
        return self._process.wait(seconds)

    def ask_to_end(self) -> None:
        """SIGTERM, without waiting."""
        self.wanted = False
        self._process.send_signal(signal.SIGTERM)

    def exit_code(self, seconds: float = 30) -> int:
        """Wait for the process to end by itself and return its exit code."""
        return self._process.wait(seconds)

    def restart(self, log: Path | None = None) -> "Process":
        """Start the same command again on the same port, its output in another file if need be."""
        self._process = self._start(log or self.log)
        self.wanted = True
        return self

    def exited(self) -> bool:
        """Tell whether it is over."""
        return self._process.poll() is not None

    def twin(self) -> "Process":
        """Start the same command once more, on a port of its own."""
        environment = {k: v for k, v in self._environment.items() if k != "LINLI_HTTP_BIND"}
        return Process((), environment, self.log.with_suffix(".twin.log"), self._command)

    def end(self) -> None:
        """End the process, whatever its state."""
        self.wanted = False
        if not self.exited():
            self.kill()
