"""Owns what a look at the running system found: plain values, nothing judged yet."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

KINDS = ("api", "worker", "relay")
PROVISIONER = "provisioner"


class Measures:
    """The metrics of one process, as it answered them."""

    def __init__(self, samples: Iterable[tuple[str, Mapping[str, str], float]] = ()) -> None:
        self._samples = list(samples)

    def each(self, name: str) -> list[tuple[Mapping[str, str], float]]:
        """Return every value of a metric with its labels."""
        return [(labels, value) for called, labels, value in self._samples if called == name]

    def value(self, name: str, **labels: str) -> float:
        """Return the one value with these labels, NaN when there is none."""
        found = (value for has, value in self.each(name) if labels.items() <= has.items())
        return next(found, math.nan)


@dataclass(frozen=True)
class Process:
    """One process: whether it answers, which of its checks fail, what it measured."""

    name: str
    answers: bool
    failing: tuple[str, ...] = ()
    measures: Measures = field(default_factory=Measures)

    @property
    def ready(self) -> bool:
        return self.answers and not self.failing


@dataclass(frozen=True)
class QueueState:
    """One queue of the broker."""

    name: str
    messages: int
    consumers: int


@dataclass(frozen=True)
class Alert:
    """An alert that fires, in the words of its rule."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True)
class Seen:
    """Everything that was found; `queues` and `alerts` are None when nobody could be asked."""

    services: tuple[str, ...]
    processes: Mapping[str, Process]
    queues: tuple[QueueState, ...] | None
    alerts: tuple[Alert, ...] | None
    lag_seconds: Mapping[str, float] = field(default_factory=dict)
    """By service: within what time 95 % of what it heard of late had its effect."""
    others: Mapping[str, bool] = field(default_factory=dict)
    """Servers that the caller asked itself, and whether they are well."""

    def process(self, service: str, kind: str) -> Process:
        """Return one process of a service; one that nobody named does not answer."""
        name = f"{service}-{kind}"
        return self.processes.get(name, Process(name, answers=False))

    def stands_by(self, service: str) -> bool:
        """Tell whether the relay that was asked leaves the sending to another."""
        relay = self.process(service, "relay")
        return relay.ready and relay.measures.value("linli_relay_active_info") == 0

    def outbox_rows(self, service: str) -> float:
        """Return how many rows are unsent; NaN when nobody knows."""
        return self.process(service, "relay").measures.value("linli_outbox_rows")

    def outbox_seconds(self, service: str) -> float:
        """Return the age of the oldest of them."""
        return self.process(service, "relay").measures.value("linli_outbox_age_seconds")

    def failed(self, service: str, state: str) -> float:
        """Return how many events are `waiting` for a try or `parked` for a person."""
        worker = self.process(service, "worker").measures
        return worker.value("linli_failed_events_rows", state=state)
