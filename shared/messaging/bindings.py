"""Owns a worker's knowledge of its routes: without its bindings it would wait and hear nothing."""

import logging
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from shared.config import each_url
from shared.messaging import topology
from shared.messaging.broker import Broker, BrokerRefused, BrokerUnavailable

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0
_SOONER_SECONDS = 2.0


class Routes:
    """Whether every binding of a service's queues is there, as last seen through the broker's
    management API."""

    def __init__(self, broker: Broker, service: str) -> None:
        self._broker = broker
        self._wanted = topology.bindings_of(service)
        self._missing: tuple[str, ...] | None = None

    def present(self) -> bool:
        """Tell whether nothing was missing when the broker last answered."""
        return self._missing == ()

    def look(self) -> None:
        """Compare once. While the management API is away the last answer stands."""
        try:
            missing = self._wanted - self._broker.bindings()
        except (BrokerUnavailable, BrokerRefused) as error:
            log.warning("bindings not compared", extra={"why": str(error)})
            return
        self._missing = tuple(sorted(f"{b.exchange} -> {b.queue} ({b.key})" for b in missing))
        if self._missing:
            advice = "bindings are missing; `linli provision` makes them"
            log.error(advice, extra={"missing": self._missing})

    def keep_looking(self, pause: Callable[[float], bool]) -> None:
        """Look every minute, sooner while something is missing, until `pause` says no."""
        self.look()
        while pause(INTERVAL_SECONDS if self.present() else _SOONER_SECONDS):
            self.look()


def routes_of(service: str, monitor_url: str, amqp_url: str) -> Routes:
    """Return the routes of a service on the virtual host of its own login."""
    vhost = unquote(urlsplit(each_url(amqp_url)[0]).path.lstrip("/")) or "/"
    return Routes(Broker(monitor_url, vhost), service)
