"""Own docker-compose.yml and the servers' configurations in containers: written from data."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.compose import secretfolder
from deploy.compose.containers import (
    ADMIN,
    BACKUPS,
    FILES,
    HANDED_OUT,
    PORT,
    SECRETS,
    Told,
    applications,
    logins_of_broker,
    secrets_of_backups,
    told,
    told_provisioner,
    told_service,
)
from deploy.local.applications import PROVISIONER, SERVICES, Applications
from deploy.local.layout import CHECKOUT
from deploy.local.programs import Program
from deploy.local.templates import render
from deploy.nginx.configuration import Place, configuration, tls_lines
from deploy.steps import Step, keys_of, migration_of, steps

REACHES_OUT = ("gateway-api", "notifications-worker")
"""Who calls others outside: an issuer of single sign-on; mail servers and webhooks."""
MAILS = "notifications-worker"
"""Who hands e-mail to a mail server: in a demo, to one beside it that keeps all."""
_POSTGRES, _RABBITMQ, _DATABASES = "postgres", "rabbitmq", "provision-databases"
_NETWORKS = {
    "api": ("data", "doors", "watch"),
    "worker": ("data", "messages", "watch"),
    "relay": ("data", "messages", "watch"),
    PROVISIONER: ("messages", "watch"),
}
_SHAPES = {PROVISIONER: "relay"}
"""Whose resources a kind has, when not its own."""


def written() -> dict[Path, str]:
    """Return every file that `make compose` writes, with its text."""
    deploy = CHECKOUT / "deploy"
    place = render("postgres/compose-place.conf")
    broker = render("rabbitmq/compose-place.conf")
    return {
        CHECKOUT / "docker-compose.yml": compose(),
        deploy / "nginx" / "compose.conf": front_door(),
        deploy / "nginx" / "compose-tls.conf": front_door(tls=True),
        deploy / "postgres" / "compose.conf": render(
            "postgres/postgresql.conf", place=place, durable="on"
        ),
        # who comes over the network `data` only; the image's own steps come over its socket
        deploy / "postgres" / "compose-hba.conf": render("postgres/pg_hba.conf", place="all")
        + "local all all scram-sha-256\n",
        deploy / "rabbitmq" / "compose.conf": render(
            "rabbitmq/rabbitmq.conf", place=broker, log_level="info"
        ),
    }


def front_door(*, tls: bool = False, folder: str = "/tmp") -> str:  # nosec B108: a tmpfs
    """Return the nginx.conf of containers, with or without TLS."""
    names = render("nginx/resolver.conf")
    hosts = {service: f"$linli_{service}" for service in SERVICES}
    known = [f'        set {hosts[s]} "{s}-api:{PORT}";\n' for s in SERVICES]
    grafana = '        set $linli_grafana "grafana:3000";\n'
    pair = (f"{SECRETS}/tls_certificate", f"{SECRETS}/tls_key", "http2 on;")
    return configuration(
        Place(
            folder=folder,
            listen="8443 ssl" if tls else "8080",
            own="127.0.0.1:8081",
            upstreams=hosts,
            tls=tls_lines(*pair) if tls else "",
            names=names + "".join(known),
            more=render(
                "nginx/grafana.conf", port=8082, names=names + grafana, upstream="$linli_grafana"
            ),
        )
    )


def compose() -> str:
    """Return docker-compose.yml."""
    with TemporaryDirectory() as folder:
        made = secretfolder.make(Path(folder))
        ours = applications(Path(folder))
        return _compose(ours, made)


def _compose(ours: Applications, made: list[str]) -> str:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    passwords = ("url_postgres_admin", *(f"db_{service}" for service in SERVICES))
    return render(
        "compose/template.yml",
        version=project["version"],
        ours=secretfolder.OURS,
        port=PORT,
        admin=ADMIN,
        folder=secretfolder.FOLDER,
        backups=secretfolder.BACKUPS,
        shelf=BACKUPS,
        handed=HANDED_OUT,
        backup_secrets=_listed("secrets", secrets_of_backups()).rstrip("\n"),
        definitions=secretfolder.DEFINITIONS,
        grace=max(program.stop_seconds for program in ours.programs()),
        services="".join(_service(name, told_service(ours, name)) for name in SERVICES)
        + _service(PROVISIONER, told_provisioner(ours)),
        behind_the_door=_conditions(_behind_the_door()),
        database_secrets=", ".join(passwords),
        steps="".join(_step(ours, step) for step in steps(FILES)),
        processes="".join(_process(ours, program) for program in ours.programs()),
        secrets="".join(map(_secret, made)).rstrip("\n"),
    )


def _service(name: str, said: Told) -> str:
    """Return the anchor of what every container of a service is told."""
    return f"\nx-{name}: &{name}\n  environment:\n{_environment(said)}" + _listed(
        "secrets", said.secrets, indent=2
    )


def _process(ours: Applications, program: Program) -> str:
    name, arguments = program.name, program.command[program.command.index(ours.linli()) + 1 :]
    kind = arguments[0] if name != PROVISIONER else PROVISIONER
    service = name if name == PROVISIONER else arguments[-1]
    common = told_provisioner(ours) if name == PROVISIONER else told_service(ours, service)
    own = told(ours, service, program.environment)
    networks = _NETWORKS[kind] + (("outside",) if name in REACHES_OUT else ())
    networks += ("mail",) if name == MAILS else ()
    return (
        f"\n  {name}:\n    <<: [*{_SHAPES.get(kind, kind)}, *{service}]\n"
        + _listed("command", arguments)
        + ("" if own == common else f"    environment:\n{_environment(own, 6)}")
        + ("" if own == common else _listed("secrets", own.secrets))
        + (_watched() if name == PROVISIONER else "")
        + _listed("networks", networks)
        + f"    depends_on:\n{_conditions(_before_process(kind, service))}\n"
    )


def _watched() -> str:
    """Return the volumes whose disks, and whose backups, the provisioner measures."""
    backups = f"{secretfolder.BACKUPS}:{BACKUPS}"
    return f'    volumes: ["handed-out:{HANDED_OUT}:ro", "{backups}:ro"]\n'


def _before_process(kind: str, service: str) -> dict[str, str]:
    waits: dict[str, str] = {}
    if "data" in _NETWORKS[kind]:
        waits |= {_POSTGRES: "healthy", migration_of(service): "completed"}
        waits |= {keys_of(service): "completed"}
    if "messages" in _NETWORKS[kind]:
        waits |= {_RABBITMQ: "healthy", "provision": "completed"}
    return waits


def _behind_the_door() -> dict[str, str]:
    return {f"{s}-api": "healthy" for s in SERVICES} | {"administrator": "completed"}


def _step(ours: Applications, step: Step) -> str:
    service = step.service or PROVISIONER
    common = told_service(ours, service) if step.service else told_provisioner(ours)
    more = tuple(a.removeprefix(f"{SECRETS}/") for a in step.arguments if SECRETS in a)
    more += () if step.service else logins_of_broker()
    handed = f"    volumes: [handed-out:{HANDED_OUT}]\n"
    return (
        f"\n  {step.name}:\n    <<: [*step, *{service}]\n"
        + ("    profiles: [demo]\n" if step.demo else "")
        + _listed("command", step.arguments)
        + (_listed("secrets", (*common.secrets, *more)) if more else "")
        + (handed if FILES.signing_keys in step.arguments else "")
        + _listed("networks", ("data",) if step.service else ("messages",))
        + f"    depends_on:\n{_conditions(_before_step(step))}\n"
    )


def _before_step(step: Step) -> dict[str, str]:
    first = {_DATABASES: "completed"} if step.service else {_RABBITMQ: "healthy"}
    return first | dict.fromkeys(step.after, "completed")


def _conditions(waits: Mapping[str, str]) -> str:
    return "\n".join(f"      {name}: *{condition}" for name, condition in waits.items())


def _environment(said: Told, indent: int = 4) -> str:
    # a name without a value would be taken from the shell
    told = ((name, value or '""') for name, value in said.environment.items())
    lines = (f"{' ' * indent}{name}: {value}\n" for name, value in told)
    return "".join(lines)


def _listed(name: str, words: tuple[str, ...], indent: int = 4) -> str:
    """Return a list in one line, or a word a line where one line would be long."""
    line = f"{' ' * indent}{name}: [{', '.join(words)}]\n"
    if len(line) <= 120:
        return line
    begin = f"{' ' * indent}{name}:\n"
    return begin + "".join(f"{' ' * indent}  - {word}\n" for word in words)


def _secret(name: str) -> str:
    return f"  {name}: {{file: {secretfolder.FOLDER}/{name}}}\n"
