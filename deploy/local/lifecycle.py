"""Own the way up and down of the local system, one at a time."""

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from deploy.local import steps
from deploy.local.applications import GROUP
from deploy.local.health import Check, ask_all, checks
from deploy.local.layout import Layout
from deploy.local.leftovers import kill_all, processes_of
from deploy.local.progress import Failure, Progress
from deploy.local.settings import Settings
from deploy.local.supervision import Supervisor
from deploy.local.system import System, describe

NODE_SECONDS = 90
READY_SECONDS = 240
STOP_SECONDS = 150


def up(layout: Layout, settings: Settings, progress: Progress) -> str:
    """Start what does not run, as the code says now, and return the address when all is ready.

    Raises: Failure
    """
    layout.make()
    with alone(layout, progress):
        _require_secrets(layout)
        supervisor = Supervisor(layout)
        running = supervisor.alive()
        if not running:
            _end_leftovers(layout, progress)
        system = describe(layout, settings, running=running)
        marks = {"runtime": system.runtime_mark(), "code": system.code_mark()}
        before = _marks(layout)
        if running and before == marks and all(ask_all(checks(system)).values()):
            progress.say("everything runs and is ready; nothing changed")
            return layout.address()
        if running and before.get("runtime") != marks["runtime"]:
            progress.say("the runtime or its configuration changed: starting anew")
            _stop(layout, progress)
            running = False
            system = describe(layout, settings, running=False)
        if not running:
            _start_servers(system, supervisor, progress)
        _bring_up(system, supervisor, progress, anew=before.get("code") != marks["code"])
        marks["runtime"] = system.runtime_mark()
        (layout.state / "marks.json").write_text(json.dumps(marks))
    return layout.address()


def _require_secrets(layout: Layout) -> None:
    """Refuse data whose secrets are gone, as after a new clone in the place of an old one.

    Raises: Failure
    """
    if (layout.state / "marks.json").exists() and not any(layout.secrets.iterdir()):
        raise Failure(
            "the secrets",
            f"data of an earlier system lies in {layout.state}, and the secrets that it was made "
            f"with are not in {layout.secrets}: nobody could sign in, nor read what is sealed",
            "put the earlier secrets back, or delete the data: make reset",
        )


def down(layout: Layout, progress: Progress) -> None:
    """Stop everything of the system, and make sure that nothing is left.

    Raises: Failure
    """
    if not layout.state.exists():
        progress.say("nothing runs; it was never started here")
        return
    layout.make()
    with alone(layout, progress):
        _stop(layout, progress)


def reset(layout: Layout, progress: Progress) -> None:
    """Stop everything and delete data, logs and secrets."""
    down(layout, progress)
    for folder in (layout.state, layout.secrets):
        shutil.rmtree(folder, ignore_errors=True)
    progress.say(f"deleted {layout.state} and {layout.secrets}")


@contextmanager
def alone(layout: Layout, progress: Progress) -> Iterator[None]:
    """Let nobody else start, stop or restore the system meanwhile; wait until it is so."""
    with (layout.state / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("another make up, down, reset or restore is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_servers(system: System, supervisor: Supervisor, progress: Progress) -> None:
    progress.say(f"state in {system.layout.state}")
    system.prepare()
    supervisor.start(system.supervisor_configuration())
    progress.say("supervisord: started")


def _bring_up(system: System, supervisor: Supervisor, progress: Progress, *, anew: bool) -> None:
    """Wait for the servers, run the one-shot steps, start the processes, wait for them."""
    every = checks(system)
    nodes, own = system.node_programs(), system.own_programs()
    supervisor.start_programs(nodes)
    names = [program.name for program in nodes]
    _wait(system, progress, {name: every.pop(name) for name in names}, NODE_SECONDS)
    steps.run_all(system, progress)
    if anew and any(supervisor.processes()[p.name].running for p in own):
        progress.say("the code changed: restarting Linli's own processes")
        supervisor.stop_group(GROUP)
    supervisor.start_programs(own)
    _wait(system, progress, every, READY_SECONDS)


def _wait(system: System, progress: Progress, waiting: Mapping[str, Check], seconds: float) -> None:
    """Say of each program when it is ready.

    Raises: Failure naming the first that is not in time.
    """
    deadline = time.monotonic() + seconds
    left = dict(waiting)
    while left:
        for name in [name for name, ready in ask_all(left).items() if ready]:
            del left[name]
            progress.say(f"{name}: ready on {system.address_of(name)}")
        if left and time.monotonic() > deadline:
            name, log = next(iter(left)), system.layout.log_of(next(iter(left)))
            why = f"not ready after {seconds:.0f} s (neither {', '.join(left)})"
            advice = (
                f"put right what the log says (make logs P={name}), then: make up; "
                "a slow machine may only need longer: make status"
            )
            raise Failure(name, why, advice, log)
        time.sleep(0.1)


def _stop(layout: Layout, progress: Progress) -> None:
    supervisor = Supervisor(layout)
    if supervisor.alive():
        progress.say("stopping: front door, processes, broker, database")
        supervisor.shutdown()
        _wait_while(supervisor.alive, STOP_SECONDS)
        # It closes its socket a moment before it exits.
        _wait_while(lambda: bool(processes_of(layout.state)), 2)
    _end_leftovers(layout, progress)
    layout.control_socket.unlink(missing_ok=True)
    progress.say("nothing runs any more")


def _wait_while(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def _end_leftovers(layout: Layout, progress: Progress) -> None:
    """Kill what a supervisord that was killed itself, or did not finish, left running."""
    if left := processes_of(layout.state):
        progress.say(f"ending what an earlier run left: {len(left)} processes")
        kill_all(layout.state)


def _marks(layout: Layout) -> dict[str, str]:
    file = layout.state / "marks.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}
