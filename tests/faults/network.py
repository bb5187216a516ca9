"""Owns the network between members of a cluster: a namespace for each, and one for the switch.

Nothing of it outlives its processes: each namespace lives as long as the process that holds it, and
the ends of all cables lie in one. So whoever kills those has cleaned up.
"""

import random
import subprocess
from pathlib import Path

from deploy.local.programs import environment_of


class NoNamespaces(Exception):
    """This machine lets us make no network namespaces; the message says why."""


class Network:
    """So many hosts behind one switch, with addresses that only this machine can reach.

    198.18.0.0/15 is set aside for tests of networks (RFC 2544): nothing real has such an address.
    """

    def __init__(self, state: Path, hosts: int) -> None:
        """Choose addresses.

        Raises:
            NoNamespaces: where the kernel, or who we are, doesn't allow them.
        """
        _require_namespaces()
        used = _run("ip", "-4", "address")
        free = [n for n in range(256) if f" 198.18.{n}." not in used]
        self._net = f"198.18.{random.choice(free)}"
        self._cable = f"linli-{self._net.rpartition('.')[2]}"
        self._state = state
        self._held: list[subprocess.Popen[str]] = []
        self.addresses = [f"{self._net}.{10 + number}" for number in range(hosts)]

    def build(self) -> None:
        """Make the namespaces and connect them."""
        self._held = [self._hold() for _ in range(1 + len(self.addresses))]
        switch, *hosts = (str(holder.pid) for holder in self._held)
        cable = self._cable
        _run(
            "ip",
            "link",
            "add",
            "name",
            cable,
            "type",
            "veth",
            "peer",
            "name",
            "uplink",
            "netns",
            switch,
        )
        _run("ip", "address", "add", f"{self._net}.1/24", "dev", cable)
        _run("ip", "link", "set", cable, "up")
        self._in_switch("link", "add", "name", "hub", "type", "bridge")
        self._in_switch("link", "set", "hub", "up")
        self._in_switch("link", "set", "uplink", "master", "hub", "up")
        for number, host in enumerate(hosts):
            port = f"port{number}"
            cable = ("name", port, "type", "veth", "peer", "name", "eth0", "netns", host)
            self._in_switch("link", "add", *cable)
            self._in_switch("link", "set", port, "master", "hub", "up")
            inside = (*self.leads_to(number), "ip")
            _run(*inside, "link", "set", "lo", "up")
            _run(*inside, "address", "add", f"{self.addresses[number]}/24", "dev", "eth0")
            _run(*inside, "link", "set", "eth0", "up")

    def leads_to(self, number: int) -> tuple[str, ...]:
        """Return the words that let a command run on a host."""
        return _entering(self._held[1 + number].pid)

    def cut(self, number: int) -> None:
        """Let nothing reach a host, and nothing leave it."""
        self._in_switch("link", "set", f"port{number}", "down")

    def join(self, number: int) -> None:
        """Connect the host again."""
        self._in_switch("link", "set", f"port{number}", "up")

    def close(self) -> None:
        """Take the network away."""
        while self._held:
            holder = self._held.pop()
            holder.kill()
            holder.communicate()

    def _hold(self) -> "subprocess.Popen[str]":
        holder = subprocess.Popen(
            ("unshare", "--net", "sh", "-c", "echo held; exec sleep infinity"),
            env=environment_of(self._state, self._state),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        return holder

    def _in_switch(self, *words: str) -> None:
        _run(*_entering(self._held[0].pid), "ip", *words)


def _require_namespaces() -> None:
    """Make a namespace with a cable in it, which is gone when the command ends."""
    try:
        _run(
            "unshare",
            "--net",
            "ip",
            "link",
            "add",
            "name",
            "one",
            "type",
            "veth",
            "peer",
            "name",
            "two",
        )
    except FileNotFoundError as error:
        raise NoNamespaces(f"{error.filename} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise NoNamespaces(error.stderr.strip()) from error


def _entering(pid: int) -> tuple[str, ...]:
    return ("nsenter", f"--net=/proc/{pid}/ns/net")


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
