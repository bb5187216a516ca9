"""Own the one-shot steps between servers and processes: databases, topology, tables, register."""

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from deploy.local.applications import EXTENSIONS, SERVICES
from deploy.local.progress import Failure, Progress
from deploy.local.secretfiles import SecretFiles
from deploy.local.system import System
from deploy.postgres.provision import ServiceDatabase, provision

REGISTER = "deploy/demo/areas-320508.csv"


def run_all(system: System, progress: Progress) -> None:
    """Bring databases, broker and register to where the processes expect them; all idempotent.

    Raises: Failure naming the step.
    """
    for service in SERVICES:
        _make_database(system, service, progress)
    applications = system.applications
    _linli(system, ["provision"], applications.provision_environment())
    progress.say("RabbitMQ: logins, exchanges and queues are as topology.py says")
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        for line in pool.map(lambda service: _migrate(system, service), SERVICES):
            progress.say(line)
    loaded = _linli(
        system, ["register", "load", REGISTER], applications.service_environment("grid")
    )
    progress.say(f"area register: {loaded}")


def _make_database(system: System, service: str, progress: Progress) -> None:
    password = SecretFiles(system.layout.secrets).get(f"db_{service}")
    database = ServiceDatabase(service, password, EXTENSIONS.get(service, ()))
    try:
        changed = provision(system.applications.servers.postgres_admin_url, database)
    except psycopg.Error as error:
        advice = "the server must be reachable, with PostGIS, and the administrator a superuser"
        raise Failure(f"database {database.name}", str(error).strip(), advice) from error
    progress.say(f"database {database.name}: {'made' if changed else 'there'}")


def _migrate(system: System, service: str) -> str:
    said = _linli(system, ["migrate", service], system.applications.service_environment(service))
    return f"tables: {said}"


def _linli(system: System, arguments: list[str], environment: Mapping[str, str]) -> str:
    """Run a `linli` command to its end and return the last line it printed."""
    name = f"step-{'-'.join(arguments[:2])}".replace("/", "-")
    log = system.layout.log_of(name)
    with log.open("wb") as output:
        done = subprocess.run(
            [system.applications.linli(), *arguments],
            env=dict(environment),
            cwd=system.layout.checkout,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        command = f"linli {' '.join(arguments)}"
        why = f"exit code {done.returncode}"
        raise Failure(command, why, "put right what the log says, then: make up", log)
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "done"
