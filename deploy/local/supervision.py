"""Own supervisord: its configuration, its start and end, and the talk with it."""

import os
import shlex
import subprocess
import time
import xmlrpc.client  # nosec B411: talks to our own supervisord, over a private socket
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.local.layout import Layout
from deploy.local.programs import Program, environment_of, write_for
from deploy.local.progress import Failure

# A process that gives up on its broker or database after ~10 s has counted as started by then, so
# an outage of any length never ends in FATAL. One that fails at once is tried for days.
_PROGRAM = """
[program:{name}]
command={command}
directory={folder}
environment={environment}
autostart={autostart}
autorestart=true
startsecs=3
startretries=1000
stopsignal={signal}
stopwaitsecs={seconds}
killasgroup=true
priority={priority}
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""

_SUPERVISORD = """[supervisord]
identifier=linli
logfile={log}
logfile_maxbytes=2MB
logfile_backups=2
pidfile={state}/supervisord.pid
childlogdir={logs}
directory=/
umask=027
nocleanup=true
{user}
[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{socket}
"""


@dataclass(frozen=True)
class ProcessInfo:
    """What supervisord knows of one process."""

    name: str
    state: str
    pid: int
    started: int
    now: int

    @property
    def running(self) -> bool:
        return self.state in ("RUNNING", "STARTING")


def configuration(layout: Layout, programs: Iterable[Program]) -> str:
    """Return supervisord.conf. Groups start when told to; single programs start at once."""
    head = _SUPERVISORD.format(
        log=_plain(layout.log_of("supervisord")),
        state=_plain(layout.state),
        logs=_plain(layout.logs),
        socket=_plain(layout.control_socket),
        user="user=root\n" if os.geteuid() == 0 else "",
    )
    listed = list(programs)
    groups: dict[str, list[Program]] = {}
    for program in listed:
        if program.group:
            groups.setdefault(program.group, []).append(program)
    tails = [
        f"\n[group:{name}]\nprograms={','.join(p.name for p in members)}\n"
        f"priority={members[0].priority}\n"
        for name, members in groups.items()
    ]
    return head + "".join(_section(layout, p) for p in listed) + "".join(tails)


def _section(layout: Layout, program: Program) -> str:
    pairs = (f'{key}="{_plain(value)}"' for key, value in program.environment.items())
    text = _PROGRAM.format(
        name=program.name,
        command=_plain(shlex.join(program.command)),
        folder=_plain(program.folder),
        environment=",".join(pairs),
        autostart="true" if program.autostart else "false",
        signal=program.stop_signal.name.removeprefix("SIG"),
        seconds=program.stop_seconds,
        priority=program.priority,
        log=_plain(layout.log_of(program.name)),
    )
    return text + (f"user={program.user}\n" if program.user else "")


def _plain(value: object) -> str:
    """Return a value as supervisord's configuration says it, which has no escapes but for `%`.

    Raises: Failure
    """
    text = str(value)
    if any(sign in text for sign in ('"', " ;", " #", "\n")):
        raise Failure("supervisord", f"it can't be told {text!r}", "use a folder of a plainer name")
    return text.replace("%", "%%")


class Supervisor:
    """The supervisord of one local system."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def _call(self, method: str, *arguments: object) -> Any:
        # A connection that failed once is of no more use, so each call has its own.
        transport = SupervisorTransport(None, None, f"unix://{self._layout.control_socket}")
        try:
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)
        finally:
            transport.close()

    def alive(self) -> bool:
        """Tell whether it answers, be it that it is on its way down."""
        try:
            self._call("getState")
        except xmlrpc.client.Fault:
            return True
        except (OSError, HTTPException, xmlrpc.client.ProtocolError):
            return False
        return True

    def start(self, conf: str) -> None:
        """Start it with this configuration, in the background.

        Raises: Failure
        """
        file = self._layout.state / "supervisord.conf"
        write_for(file, conf, None, 0o600)
        binary = str(self._layout.checkout / ".venv" / "bin" / "supervisord")
        done = subprocess.run(
            [binary, "-c", str(file)],
            env=environment_of(self._layout.state, self._layout.state),
            capture_output=True,
            text=True,
            check=False,
        )
        deadline = time.monotonic() + 10
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.alive():
                return
            time.sleep(0.05)
        log = self._layout.log_of("supervisord")
        raise Failure("supervisord", done.stderr.strip() or "no answer", "make down, make up", log)

    def processes(self) -> dict[str, ProcessInfo]:
        """Return every process by name."""
        return {
            str(one["name"]): ProcessInfo(
                str(one["name"]), one["statename"], one["pid"], one["start"], one["now"]
            )
            for one in self._call("getAllProcessInfo")
        }

    def start_programs(self, programs: Iterable[Program]) -> None:
        """Start those that don't run, without waiting for them."""
        now = self.processes()
        for program in programs:
            if now[program.name].state not in ("RUNNING", "STARTING", "BACKOFF"):
                self._call("startProcess", program.full_name, False)

    def stop_group(self, group: str) -> None:
        """Stop a group's processes, all at once, and return when they are gone."""
        self._call("stopProcessGroup", group, True)

    def stop(self, program: Program) -> None:
        """Stop one process and return when it is gone."""
        self._call("stopProcess", program.full_name, True)

    def shutdown(self) -> None:
        """Begin to stop everything: first what started last."""
        self._call("shutdown")
