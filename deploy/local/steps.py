"""Own how the local system takes the one-shot steps of deploy/steps.py."""

import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from deploy.local.applications import EXTENSIONS, SERVICES
from deploy.local.progress import Failure, Progress
from deploy.local.secretfiles import SecretFiles, strong_password
from deploy.local.system import System
from deploy.postgres.provision import ServiceDatabase, provision
from deploy.steps import Files, Step, hand_out_keys, steps

_AT_ONCE = 4


def run_all(system: System, progress: Progress) -> None:
    """Bring databases, broker and keys to where the processes expect them; all idempotent.

    Raises: Failure naming the step.
    """
    for service in SERVICES:
        _make_database(system, service, progress)
    demo = system.applications.installation == "demo"
    _run_each(system, [s for s in steps(_files(system)) if demo or not s.demo], progress)


def hand_out_signing_keys(system: System, progress: Progress) -> None:
    """Bring every service the public halves of the keys that sign, once its tables are there.

    Raises: Failure naming the step.
    """
    _run_each(system, hand_out_keys(_files(system).signing_keys), progress)


def _run_each(system: System, asked: Iterable[Step], progress: Progress) -> None:
    """Run steps, each after those among them that it comes after."""
    left = list(asked)
    done = {before for step in left for before in step.after} - {step.name for step in left}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while left:
            now = [step for step in left if done.issuperset(step.after)]
            for line in pool.map(lambda step: _run(system, step), now):
                progress.say(line)
            done.update(step.name for step in now)
            left = [step for step in left if step.name not in done]


def _files(system: System) -> Files:
    secrets = SecretFiles(system.layout.secrets)
    return Files(
        signing_keys=str(system.layout.state / "signing_keys.json"),
        admin_password=str(secrets.keep("admin_password", strong_password)),
        demo_password=str(secrets.keep("demo_password", strong_password)),
    )


def _make_database(system: System, service: str, progress: Progress) -> None:
    password = SecretFiles(system.layout.secrets).get(f"db_{service}")
    database = ServiceDatabase(service, password, EXTENSIONS.get(service, ()))
    try:
        changed = provision(system.applications.servers.postgres_admin_url, database)
    except psycopg.Error as error:
        advice = "the server must be reachable, with PostGIS, and the administrator a superuser"
        raise Failure(f"database {database.name}", str(error).strip(), advice) from error
    progress.say(f"database {database.name}: {'made' if changed else 'there'}")


def _run(system: System, step: Step) -> str:
    """Run a step to its end and return the last line it printed, for a person."""
    log = system.layout.log_of(f"step-{step.name}")
    with log.open("wb") as output:
        done = subprocess.run(
            [system.applications.linli(), *step.arguments],
            env=dict(_environment(system, step)),
            cwd=system.layout.checkout,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        command = f"linli {' '.join(step.arguments)}"
        why = f"exit code {done.returncode}"
        raise Failure(command, why, "put right what the log says, then: make up", log)
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"{step.about}{': ' if step.about else ''}{lines[-1] if lines else 'done'}"


def _environment(system: System, step: Step) -> Mapping[str, str]:
    applications = system.applications
    if step.service is None:
        return applications.provision_environment()
    return applications.service_environment(step.service)
