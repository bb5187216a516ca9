"""Owns the watch: compares broker and topology.py every minute, and tells; and what it looks at
besides, because one process is enough for it: disks and the front door's certificate."""

import logging
import signal
import threading

from shared import metrics
from shared.config import Address
from shared.health import serve_health
from shared.messaging.broker import Broker, BrokerRefused, BrokerUnavailable
from shared.messaging.provisioner import Difference, compare
from shared.surroundings import Surroundings

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0
_SOONER_SECONDS = 5.0


class Watch:
    """Keeps the last comparison; ready while nothing is missing."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._last: Difference | None = None

    def complete(self) -> bool:
        """Tell whether the last comparison found everything in place."""
        return self._last is not None and self._last.none

    def look(self) -> None:
        """Compare once; log and measure what differs."""
        try:
            self._last = compare(self._broker)
        except (BrokerUnavailable, BrokerRefused) as error:
            self._last = None
            log.warning("broker not compared", extra={"why": str(error)})
            return
        metrics.TOPOLOGY_MISSING.set(len(self._last.missing))
        metrics.TOPOLOGY_ORPHANS.set(len(self._last.orphans))
        if self._last.missing or self._last.orphans:
            log.error(
                "broker differs from topology.py",
                extra={"missing": self._last.missing, "orphans": self._last.orphans},
            )


def watch(broker: Broker, address: Address, around: Surroundings) -> None:
    """Compare until SIGTERM; sooner again while something is wrong."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watching = Watch(broker)
    around.measure_disks()
    serve_health(address, {"topology": watching.complete})
    while True:
        watching.look()
        around.look()
        if stop.wait(INTERVAL_SECONDS if watching.complete() else _SOONER_SECONDS):
            return
