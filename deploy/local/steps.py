"""Own the one-shot steps between servers and processes: databases, tables, keys, accounts."""

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from deploy.local.applications import EXTENSIONS, SERVICES
from deploy.local.progress import Failure, Progress
from deploy.local.secretfiles import SecretFiles, strong_password
from deploy.local.system import System
from deploy.postgres.provision import ServiceDatabase, provision

REGISTER = "deploy/demo/areas-320508.csv"
ACCOUNTS = "deploy/demo/accounts.csv"
GATEWAY = "gateway"
ADMINISTRATOR = "admin"


def run_all(system: System, progress: Progress) -> None:
    """Bring databases, broker and keys to where the processes expect them; all idempotent.

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
    _hand_out_signing_keys(system, progress)
    _make_first_administrator(system, progress)
    if applications.installation == "demo":
        _load_demo(system, progress)


def _hand_out_signing_keys(system: System, progress: Progress) -> None:
    """Make the first key that signs tokens, and bring every other service its public half."""
    applications = system.applications
    gateway = applications.service_environment(GATEWAY)
    progress.say(_linli(system, ["signing-keys", "init"], gateway))
    public = system.layout.state / "signing_keys.json"
    public.write_text(_linli(system, ["signing-keys", "export"], gateway))
    for service in SERVICES:
        if service != GATEWAY:
            install = ["signing-keys", "install", service, str(public)]
            progress.say(_linli(system, install, applications.service_environment(service)))


def _make_first_administrator(system: System, progress: Progress) -> None:
    """Make the account that makes all others; once there, it stays as it is."""
    password = SecretFiles(system.layout.secrets).keep("admin_password", strong_password)
    named = ["--name", "系统管理员", "--role", "administrator"]
    first = ["account", "add", ADMINISTRATOR, *named, "--password-file", str(password)]
    progress.say(_linli(system, first, system.applications.service_environment(GATEWAY)))


def _load_demo(system: System, progress: Progress) -> None:
    """Load the district of the demo and its people; who is there stays as they are."""
    applications = system.applications
    register = ["register", "load", REGISTER]
    loaded = _linli(system, register, applications.service_environment("grid"))
    progress.say(f"area register: {loaded}")
    password = SecretFiles(system.layout.secrets).keep("demo_password", strong_password)
    people = ["account", "load", ACCOUNTS, "--if-absent", "--password-file", str(password)]
    loaded = _linli(system, people, applications.service_environment(GATEWAY))
    progress.say(f"demo accounts: {loaded}")


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
