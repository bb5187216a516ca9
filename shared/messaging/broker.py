"""Owns the broker's management API: what the provisioner asks and changes there."""

from collections import deque
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests

from shared.clock import real_now
from shared.config import each_url
from shared.messaging.topology import PARKING_EXCHANGE, VHOST, Binding, Queue, Rights

_TIMEOUT = (3.0, 45.0)
"""Seconds to connect, which a member that was cut off costs, and to answer: while the others can't
reach it, RabbitMQ 3.10 takes a second for each queue of a list."""

_LOOK_TIMEOUT = (3.0, 3.0)
"""Who looks every few seconds waits no longer for one answer."""


class BrokerUnavailable(Exception):
    """The management API can't be reached or refuses the login; the message says which."""


class BrokerRefused(Exception):
    """The broker refused a declaration; the message holds its reason."""


class Broker:
    """One RabbitMQ virtual host, seen through `http://user:password@host:port`.

    Several such URLs, separated by commas, are the members of one cluster: when one doesn't answer
    the next is asked, and stays the one that is asked.
    """

    def __init__(self, management_url: str, vhost: str = VHOST) -> None:
        self._members = deque(url.rstrip("/") + "/api" for url in each_url(management_url))
        self._vhost = quote(vhost, safe="")

    def create_vhost(self) -> None:
        """Create the virtual host unless it is there, and let the administrator in.

        Who creates it is let in by the broker itself, but after it: a slow cluster may not have
        come to that when another member is asked.
        """
        self._call("PUT", f"/vhosts/{self._vhost}", {})
        if administrator := urlsplit(self._members[0]).username:
            everything = {"configure": ".*", "write": ".*", "read": ".*"}
            self._call("PUT", f"/permissions/{self._vhost}/{administrator}", everything)

    def put_login(self, name: str, password: str, rights: Rights, tags: str = "") -> None:
        """Create or update a login with these rights on this virtual host, and no others."""
        self._call("PUT", f"/users/{name}", {"password": password, "tags": tags})
        self._call(
            "PUT",
            f"/permissions/{self._vhost}/{name}",
            {"configure": rights.configure, "write": rights.write, "read": rights.read},
        )

    def delete_login(self, name: str) -> None:
        """Delete a login; the broker closes its connections."""
        self._call("DELETE", f"/users/{name}")

    def logins(self) -> dict[str, tuple[str, ...]]:
        """Return every login of the broker with its tags."""
        return {row["name"]: tuple(row["tags"]) for row in self._call("GET", "/users")}

    def readable(self) -> dict[str, str]:
        """Return, for each login with rights on this virtual host, the pattern it may read."""
        rows = self._call("GET", f"/vhosts/{self._vhost}/permissions")
        return {row["user"]: row["read"] for row in rows}

    def put_exchange(self, name: str, kind: str) -> None:
        """Declare a durable exchange."""
        body = {"type": kind, "durable": True, "auto_delete": False, "arguments": {}}
        self._call("PUT", f"/exchanges/{self._vhost}/{name}", body)

    def put_queue(self, queue: Queue) -> None:
        """Declare a durable queue."""
        body = {"durable": True, "auto_delete": False, "arguments": dict(queue.arguments)}
        self._call("PUT", f"/queues/{self._vhost}/{queue.name}", body)

    def delete_queue(self, name: str) -> None:
        """Delete a queue with all that waits in it."""
        self._call("DELETE", f"/queues/{self._vhost}/{quote(name, safe='')}")

    def put_binding(self, binding: Binding) -> None:
        """Bind a queue to an exchange, with an argument that no earlier binding had.

        Routing takes no notice of it. A relay sees by it that a binding which it saw before was
        lost meanwhile, and another stands in its place.
        """
        path = f"/bindings/{self._vhost}/e/{binding.exchange}/q/{binding.queue}"
        arguments = {"made_at": real_now().isoformat()}
        self._call("POST", path, {"routing_key": binding.key, "arguments": arguments})

    def exchanges(self) -> dict[str, str]:
        """Return the declared exchanges with their types, without RabbitMQ's own."""
        rows = self._call("GET", f"/exchanges/{self._vhost}")
        return {
            row["name"]: row["type"]
            for row in rows
            if row["name"].endswith(".events") or row["name"] == PARKING_EXCHANGE
        }

    def queues(self) -> frozenset[Queue]:
        """Return the declared queues."""
        rows = self._call("GET", f"/queues/{self._vhost}")
        return frozenset(
            Queue(row["name"], tuple(sorted(row["arguments"].items()))) for row in rows
        )

    def depths(self) -> dict[str, int]:
        """Return every queue with the messages in it, some seconds old."""
        return {row["name"]: row.get("messages", 0) for row in self.queue_rows()}

    def queue_rows(self) -> list[dict[str, Any]]:
        """Return what the broker says of every queue, some seconds old: messages, consumers."""
        rows: list[dict[str, Any]] = self._call("GET", f"/queues/{self._vhost}")
        return rows

    def bindings(self) -> frozenset[Binding]:
        """Return the bindings, without those to the default exchange."""
        rows = self._call("GET", f"/bindings/{self._vhost}")
        return frozenset(
            Binding(row["source"], row["destination"], row["routing_key"])
            for row in rows
            if row["source"] and row["destination_type"] == "queue"
        )

    def bindings_from(self, exchange: str) -> dict[Binding, frozenset[str]]:
        """Return the bindings of one exchange, each with the broker's names of those alike.

        Waits 3 s at most for an answer to begin or go on.
        """
        path = f"/exchanges/{self._vhost}/{quote(exchange, safe='')}/bindings/source"
        found: dict[Binding, frozenset[str]] = {}
        rows = self._call("GET", path, timeout=_LOOK_TIMEOUT)
        try:
            for row in rows:
                if row["destination_type"] == "queue":
                    binding = Binding(row["source"], row["destination"], row["routing_key"])
                    found[binding] = found.get(binding, frozenset()) | {row["properties_key"]}
        except (KeyError, TypeError) as error:
            raise BrokerUnavailable("management API: not a list of bindings") from error
        return found

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        timeout: tuple[float, float] = _TIMEOUT,
    ) -> Any:
        answer = self._answer(method, path, body, timeout)
        if answer.status_code in (401, 403):
            raise BrokerUnavailable("management API refuses the administrator's login")
        if not answer.ok:
            raise BrokerRefused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        if method != "GET":
            return None
        try:
            return answer.json()
        except requests.JSONDecodeError as error:
            raise BrokerUnavailable("management API: not JSON") from error

    def _answer(
        self, method: str, path: str, body: dict[str, Any] | None, timeout: tuple[float, float]
    ) -> requests.Response:
        """Ask each member until one answers; to declare something twice changes nothing."""
        failed: requests.RequestException | None = None
        for _ in range(len(self._members)):
            url = self._members[0] + path
            try:
                return requests.request(method, url, json=body, timeout=timeout)
            except requests.RequestException as error:
                failed = error
                self._members.rotate(-1)
        raise BrokerUnavailable(f"management API: {type(failed).__name__}") from failed


def broker_seen_by(monitor_url: str, amqp_url: str) -> Broker:
    """Return the virtual host of a service's own login, seen through the management API."""
    vhost = unquote(urlsplit(each_url(amqp_url)[0]).path.lstrip("/")) or "/"
    return Broker(monitor_url, vhost)
