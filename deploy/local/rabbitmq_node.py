"""Own a private RabbitMQ and its epmd: folder, configuration, commands and readiness."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import requests

from deploy.local.ports import accepts
from deploy.local.programs import (
    Program,
    environment_of,
    find_binary,
    groups_of,
    own_folder,
    own_user,
    write_for,
)
from deploy.local.templates import render
from deploy.rabbitmq.definitions import definitions

ADMIN = "linli_admin"
SCRIPTS = "/usr/lib/rabbitmq/bin"


@dataclass(frozen=True)
class RabbitmqPorts:
    """The loopback ports of one node; `dist` and `epmd` are Erlang's own."""

    amqp: int
    management: int
    prometheus: int
    dist: int
    epmd: int


@dataclass(frozen=True)
class RabbitmqNode:
    """A RabbitMQ of our own under `<state>/rabbitmq`, found through an epmd of our own."""

    state: Path
    ports: RabbitmqPorts
    password: str
    cookie: str
    log_level: str = "info"
    name: str = "rabbitmq"
    """Of its folder and its program."""
    address: str = "127.0.0.1"

    @property
    def folder(self) -> Path:
        return self.state / self.name

    @property
    def management_url(self) -> str:
        """The management API's URL with the administrator's login."""
        return f"http://{ADMIN}:{self.password}@{self.address}:{self.ports.management}"

    def amqp_url(self, user: str, password: str, vhost: str) -> str:
        """Return the URL with which a login reaches a vhost."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"amqp://{login}@{self.address}:{self.ports.amqp}/{quote(vhost, safe='')}"

    def prepare(self) -> None:
        """Write the node's configuration, users and cookie."""
        user = own_user("rabbitmq")
        own_folder(self.folder, user)
        place = self._place()
        conf = render("rabbitmq/rabbitmq.conf", place=place, log_level=self.log_level)
        write_for(self.folder / "rabbitmq.conf", conf, user)
        plugins = render("rabbitmq/enabled_plugins")
        write_for(self.folder / "enabled_plugins", plugins, user)
        told = definitions(ADMIN, self.password, self.cookie)
        write_for(self.folder / "definitions.json", told, user, 0o600)
        write_for(self.folder / ".erlang.cookie", self.cookie, user, 0o400)

    def epmd_program(self) -> Program:
        """Return Erlang's name server, in the foreground and for this node alone."""
        binary = find_binary("epmd")
        return Program(
            name="epmd",
            command=(binary, "-port", str(self.ports.epmd), "-address", self.address),
            environment=environment_of(self.state, self.folder, LINLI_PROGRAM="epmd"),
            user=own_user("rabbitmq"),
            priority=10,
        )

    def program(self) -> Program:
        """Return the broker's process; SIGTERM closes it in order."""
        return Program(
            name=self.name,
            command=(f"{SCRIPTS}/rabbitmq-server",),
            environment=self._environment() | {"LINLI_PROGRAM": self.name},
            user=own_user("rabbitmq"),
            stop_seconds=90,
            priority=30,
        )

    def ready(self) -> bool:
        """Tell whether both AMQP and the management API serve."""
        check = f"/api/health/checks/port-listener/{self.ports.amqp}"
        try:
            answer = requests.get(self.management_url + check, timeout=2)
        except requests.RequestException:
            return False
        return answer.status_code == 200 and accepts(self.ports.amqp, self.address)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl against this node and return what it printed (about 2 s each).

        Raises: subprocess.CalledProcessError
        """
        return self._run((f"{SCRIPTS}/rabbitmqctl", *arguments), own_user("rabbitmq"))

    def _run(self, command: tuple[str, ...], user: str | None) -> str:
        done = subprocess.run(
            command,
            env=self._environment(),
            cwd=self.folder,
            user=user,
            group=user,
            extra_groups=groups_of(user) if user else None,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def _place(self) -> str:
        return render(
            "rabbitmq/local-place.conf",
            folder=self.folder,
            address=self.address,
            amqp_port=self.ports.amqp,
            management_port=self.ports.management,
            prometheus_port=self.ports.prometheus,
        )

    def _environment(self) -> dict[str, str]:
        folder = self.folder
        rabbitmq = {
            "NODENAME": self.erlang_name,
            "CONF_ENV_FILE": f"{folder}/rabbitmq-env.conf",
            "CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "CONFIG_FILES": f"{folder}/conf.d",
            "ADVANCED_CONFIG_FILE": f"{folder}/advanced.config",
            "ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "MNESIA_BASE": f"{folder}/data",
            "LOG_BASE": f"{folder}/log",
            "LOGS": "-",
            "GENERATED_CONFIG_DIR": f"{folder}/generated",
            "PID_FILE": f"{folder}/rabbitmq.pid",
            "DIST_PORT": str(self.ports.dist),
            "CTL_DIST_PORT_MIN": str(self.ports.dist + 1),
            "CTL_DIST_PORT_MAX": str(self.ports.dist + 50),
            "SERVER_ADDITIONAL_ERL_ARGS": self._erl_arguments(),
        }
        return environment_of(
            self.state,
            folder,
            **{f"RABBITMQ_{key}": value for key, value in rabbitmq.items()},
            ERL_EPMD_PORT=str(self.ports.epmd),
            ERL_EPMD_ADDRESS=self.address,
            # Else Erlang starts an epmd by itself, as a daemon that outlives the node.
            ERL_FLAGS="-start_epmd false",
            # Makes the start script become the server instead of staying as its parent.
            RUNNING_UNDER_SYSTEMD="true",
        )

    @property
    def erlang_name(self) -> str:
        """What Erlang calls the node."""
        # The data folder is called after it, so it must not change with ports or passwords.
        return f"linli-{hashlib.sha256(str(self.state).encode()).hexdigest()[:8]}@localhost"

    def _erl_arguments(self) -> str:
        schedulers = min(4, os.cpu_count() or 1)
        numbers = self.address.replace(".", ",")
        return (
            f"+S {schedulers}:{schedulers} +sbwt none +sbwtdcpu none +sbwtdio none"
            f" -kernel inet_dist_use_interface {{{numbers}}}"
        )
