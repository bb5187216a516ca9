"""Owns the measure of how old the newest good backup of each service is; asked at each scrape."""

import math
from collections.abc import Iterable

from shared import metrics
from shared.backup.shelf import Shelf
from shared.clock import real_now


def watch_backups(shelf: Shelf, services: Iterable[str]) -> None:
    """Measure at each scrape; a service without any backup has an infinite age."""
    for service in services:
        metrics.BACKUP_AGE.labels(service).set_function(_Age(shelf, service).seconds)


class _Age:
    def __init__(self, shelf: Shelf, service: str) -> None:
        self._shelf = shelf
        self._service = service

    def seconds(self) -> float:
        age = self._shelf.age_of_newest(self._service, real_now())
        return math.inf if age is None else age.total_seconds()
