"""Own the one-shot steps between servers and processes, as data: every runtime takes the same."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.local.applications import SERVICES

REGISTER = "deploy/demo/areas-320508.csv"
ACCOUNTS = "deploy/demo/accounts.csv"
GATEWAY = "gateway"
ADMINISTRATOR = "admin"


@dataclass(frozen=True)
class Step:
    """One run of `linli` to its end; running it again changes nothing.

    It is told what its service's processes are told, or without a service what the provisioner is.
    """

    name: str
    arguments: tuple[str, ...]
    service: str | None = None
    after: tuple[str, ...] = ()
    about: str = ""
    """What its last line is about, where the line doesn't say so."""
    demo: bool = False


@dataclass(frozen=True)
class Files:
    """Where a runtime keeps what the steps read and write besides databases."""

    signing_keys: str
    """The public halves, on their way from the gateway to the others."""
    admin_password: str
    demo_password: str


def steps(files: Files) -> Iterator[Step]:
    """Yield every step, none before those that it comes after."""
    yield Step("provision", ("provision",), about="RabbitMQ")
    for service in SERVICES:
        yield Step(migration_of(service), ("migrate", service), service, about="tables")
    yield from hand_out_keys(files.signing_keys)
    yield _make_first_administrator(files.admin_password)
    yield from _load_demo(files.demo_password)


def migration_of(service: str) -> str:
    """Return the name of the step that makes a service's tables."""
    return f"migrate-{service}"


def keys_of(service: str) -> str:
    """Return the name of the step after which a service can check tokens."""
    return "signing-keys-init" if service == GATEWAY else f"signing-keys-{service}"


def hand_out_keys(public: str) -> Iterator[Step]:
    """Make the first key that signs tokens, and bring every other service its public half."""
    made, exported = keys_of(GATEWAY), "signing-keys-export"
    yield Step(made, ("signing-keys", "init"), GATEWAY, (migration_of(GATEWAY),))
    yield Step(exported, ("signing-keys", "export", "--to", public), GATEWAY, (made,))
    for service in SERVICES:
        if service != GATEWAY:
            install = ("signing-keys", "install", service, public)
            yield Step(keys_of(service), install, service, (exported, migration_of(service)))


def _make_first_administrator(password: str) -> Step:
    """Make the account that makes all others; once there, it stays as it is."""
    named = ("--name", "系统管理员", "--role", "administrator", "--password-file", password)
    first = ("account", "add", ADMINISTRATOR, *named)
    return Step("administrator", first, GATEWAY, (migration_of(GATEWAY),))


def _load_demo(password: str) -> Iterator[Step]:
    """Load the district of the demo and its people; who is there stays as they are."""
    register, after = ("register", "load", REGISTER), (migration_of("grid"),)
    yield Step("demo-register", register, "grid", after, "area register", demo=True)
    people = ("account", "load", ACCOUNTS, "--if-absent", "--password-file", password)
    yield Step("demo-accounts", people, GATEWAY, ("administrator",), "demo accounts", demo=True)
