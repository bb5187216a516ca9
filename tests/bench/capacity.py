"""Owns the calculation from what one machine measured to what an installation needs.

Plain arithmetic: costs of one event and one request, times how many there are at the peak, over the
part of a core that may be busy then. What can't be measured here is an assumption, and has a name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from shared.messaging.topology import SERVICES, event_named

COUNTRY_COMMUNITIES = 110_000
COUNTRY_EVENTS = 15_000
"""Events a second at the peak of the whole country; issue 6. A community's part is the same
everywhere."""

STORY = (
    "inspection_recorded.v1",
    "finding_raised.v1",
    "case_filed.v1",
    "case_dispatched.v1",
    "case_resolved.v1",
    "case_closed.v1",
    "finding_closed.v1",
    "reinspection_opened.v1",
)
"""What one failed item says until it is mended: the mixture of events that is reckoned with."""
STORY_COMMANDS = 3
"""Of people, within it: record the inspection, resolve the case, close it."""
LISTS_PER_COMMAND = 4
"""How often somebody looks at a list for each thing that they do."""
BUSY = 0.5
"""The part of its cores that a machine may use at the peak; the other half is for a failure."""
DAY_OF_PEAK_SECONDS = 8_640
"""A day holds as much as this many seconds of the peak: its mean is a tenth of it."""
DISK_DAYS = {"what people did": 365, "outbox": 30, "inbox": 90}
"""How many days of each lie on disk after a year."""
SPARE = 2
"""Of each process at least so many, so that one may end."""
MACHINE_CORES = 16
BROKER_NODES = 3
"""Each message is written by all of them."""
BACKLOG_SECONDS, MESSAGE_KB = 600, 1
"""The broker has memory for what ten minutes of the peak leave waiting."""
CONNECTION_MB = 10
HOT_DAYS = 1
"""PostgreSQL has memory for what so many days write."""


@dataclass(frozen=True)
class Costs:
    """What was measured: milliseconds of CPU of one event or request, rates, bytes, megabytes."""

    relay: Mapping[str, float]
    """Of one that sends what many commit: with a backlog it and the broker spend a tenth of it."""
    handler: Mapping[str, float]
    post: Mapping[str, float]
    page: Mapping[str, float]
    relay_rate: float
    handler_rate: float
    commit_rate: float
    memory_mb: Mapping[str, float]
    outbox_bytes: float
    inbox_bytes: float
    post_bytes: float


@dataclass(frozen=True)
class Place:
    """An installation: how many communities work with it."""

    name: str
    communities: int

    @property
    def events(self) -> float:
        """Events a second at its peak, by proportion."""
        return COUNTRY_EVENTS * self.communities / COUNTRY_COMMUNITIES


PLACES = (
    Place("district", 200),
    Place("city", 2_000),
    Place("country", COUNTRY_COMMUNITIES),
)


@dataclass(frozen=True)
class Needs:
    """What a place needs at its peak."""

    events: float
    handled: float
    commands: float
    lists: float
    cores: Mapping[str, float]
    """By program, with the part that stays idle."""
    processes: Mapping[str, int]
    postgres_machines: int
    rabbitmq_machines: int
    other_machines: int
    memory_gb: Mapping[str, float]
    disk_gb: Mapping[str, float]
    """Of a year; outbox and inbox are as large as they ever get."""


@dataclass(frozen=True)
class Limit:
    """Something that more processes don't speed up, and how much of it a place uses."""

    name: str
    needed: float
    there_is: float
    way_out: str
    unit: str = "/s"

    @property
    def part(self) -> float:
        """The part of it that is used; more than 1 is too much."""
        return self.needed / self.there_is


def hearers() -> float:
    """Return how many services hear an event, in the mean of the story."""
    return sum(len(event_named(name).hearers) for name in STORY) / len(STORY)


def busiest_speaker() -> float:
    """Return the part of the story's events that one service says, the one that says most."""
    said = [event_named(name).producer for name in STORY]
    return max(said.count(service) for service in SERVICES) / len(STORY)


def needs(place: Place, costs: Costs) -> Needs:
    """Return what a place needs."""
    handled = place.events * hearers()
    commands = place.events * STORY_COMMANDS / len(STORY)
    lists = commands * LISTS_PER_COMMAND
    work = (
        (place.events, costs.relay),
        (handled, costs.handler),
        (commands, costs.post),
        (lists, costs.page),
    )
    cores = {
        program: sum(rate * cost.get(program, 0) for rate, cost in work) / 1000 / BUSY
        for program in ("api", "worker_single", "relay", "postgres", "rabbitmq")
    }
    cores["rabbitmq"] *= BROKER_NODES
    # a worker also waits for its database: its rate counts as well as its core
    workers = max(cores["worker_single"], handled / costs.handler_rate / BUSY)
    processes = {
        "api": max(ceil(cores["api"]), SPARE * len(SERVICES)),
        "worker": max(ceil(workers), SPARE * len(SERVICES)),
        "relay": SPARE * len(SERVICES),
    }
    disk = _disk(place.events, commands, costs)
    ours = cores["api"] + cores["worker_single"] + cores["relay"]
    return Needs(
        events=place.events,
        handled=handled,
        commands=commands,
        lists=lists,
        cores=cores,
        processes=processes,
        # each has a standby, which works as much
        postgres_machines=2 * ceil(cores["postgres"] / MACHINE_CORES),
        rabbitmq_machines=BROKER_NODES * ceil(cores["rabbitmq"] / BROKER_NODES / MACHINE_CORES),
        other_machines=max(ceil(ours / MACHINE_CORES), SPARE),
        memory_gb=_memory(place.events, processes, disk, costs),
        disk_gb=disk,
    )


def _disk(events: float, commands: float, costs: Costs) -> dict[str, float]:
    of_a_second = {
        "what people did": commands * costs.post_bytes,
        "outbox": events * costs.outbox_bytes,
        "inbox": events * hearers() * costs.inbox_bytes,
    }
    return {
        name: size * DAY_OF_PEAK_SECONDS * DISK_DAYS[name] / 1e9
        for name, size in of_a_second.items()
    }


def _memory(
    events: float, processes: Mapping[str, int], disk: Mapping[str, float], costs: Costs
) -> dict[str, float]:
    each = {"api": "api", "worker": "worker_single", "relay": "relay"}
    ours = sum(number * costs.memory_mb[each[kind]] for kind, number in processes.items())
    # an API has 17 connections, a worker 10, a relay 3
    connections = 17 * processes["api"] + 10 * processes["worker"] + 3 * processes["relay"]
    hot = HOT_DAYS * sum(gb / DISK_DAYS[name] for name, gb in disk.items())
    waiting = events * hearers() * BACKLOG_SECONDS * MESSAGE_KB / 1000
    return {
        "our processes": ours / 1000,
        "postgres": connections * CONNECTION_MB / 1000 + hot,
        "rabbitmq": BROKER_NODES * (costs.memory_mb["rabbitmq"] + waiting) / 1000,
    }


def limits(place: Place, costs: Costs) -> list[Limit]:
    """Return what more processes don't speed up, the nearest to its limit first."""
    found = [
        Limit(
            "one active relay a service",
            place.events * busiest_speaker(),
            costs.relay_rate,
            "an installation for each province",
        ),
        Limit(
            "one queue hears everything (`notifications.on_event`)",
            place.events,
            costs.relay_rate,
            "a queue for each producer, as the other services have one for each event",
        ),
        Limit(
            "one PostgreSQL for `notifications`, which handles every event",
            place.events * costs.handler["postgres"] / 1000 / BUSY,
            MACHINE_CORES,
            "a batch handler there: one commit for up to 200 events",
            " cores",
        ),
        Limit(
            "one PostgreSQL for the service that says most",
            needs(place, costs).cores["postgres"] * busiest_speaker(),
            MACHINE_CORES,
            "a larger machine, then an installation for each province",
            " cores",
        ),
    ]
    return sorted(found, key=lambda one: one.part, reverse=True)


def communities_at(limit: Limit) -> float:
    """Return for how many communities a limit, told for the country, is just enough."""
    return COUNTRY_COMMUNITIES / limit.part


def costs_of(kept: Mapping[str, Any]) -> Costs:
    """Read the costs from a kept run: of each kind of measure the largest that succeeded.

    Raises:
        LookupError: when a kind has none.
    """
    producing = _last(kept, "producers_")
    relay, handler = _last(kept, "relay_beside_"), _last(kept, "single_inbox_")
    post, page = _last(kept, "post_by_"), _last(kept, "list_by_")
    # the most transactions a second that PostgreSQL was seen to commit
    commits = [*_all(kept, "producers_"), *_all(kept, "single_")]
    return Costs(
        # each commit is sent by itself there; what PostgreSQL commits is in the posts and handlers
        relay=producing["cpu_ms"] | {"postgres": relay["cpu_ms"]["postgres"]},
        handler=handler["cpu_ms"],
        post=post["cpu_ms"],
        page=page["cpu_ms"],
        relay_rate=relay["per_second"],
        handler_rate=handler["per_second"],
        commit_rate=max(one["found"]["per_second"] for one in commits),
        # gunicorn's two processes count as one
        memory_mb=peak_memory(kept) | {"api": _highest(kept, "all_mb")["api"]},
        outbox_bytes=relay["details"]["bytes_per_row"],
        inbox_bytes=handler["details"]["bytes_per_row"],
        post_bytes=post["details"]["bytes_each"],
    )


def _all(kept: Mapping[str, Any], prefix: str) -> Sequence[Mapping[str, Any]]:
    found = [one for one in kept["measures"] if one["name"].startswith(prefix) and one["found"]]
    if not found:
        raise LookupError(f"no measure {prefix}… succeeded")
    return found


def _last(kept: Mapping[str, Any], prefix: str) -> Mapping[str, Any]:
    last: Mapping[str, Any] = _all(kept, prefix)[-1]["found"]
    return last


def peak_memory(kept: Mapping[str, Any]) -> dict[str, float]:
    """Return the highest peak of any process of each program, in MB."""
    return _highest(kept, "largest_mb")


def _highest(kept: Mapping[str, Any], what: str) -> dict[str, float]:
    highest: dict[str, float] = {}
    for one in kept["measures"]:
        for name, peak in (one["found"] or {"memory": {}})["memory"].items():
            highest[name] = max(peak[what], highest.get(name, 0))
    return highest
