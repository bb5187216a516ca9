"""Owns which measures of growth there are, and how large each is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tests.bench import doors, full_tables
from tests.bench.ground import Ground
from tests.bench.growth import Measure
from tests.bench.producers import producers


@dataclass(frozen=True)
class GrowthSizes:
    """How much of everything; the first of each tuple of sizes is the base of the others."""

    sent: tuple[int, ...]
    relay: int
    backlog: int
    claims: tuple[int, ...]
    single: int
    batch: int
    queue: Mapping[str, int]
    """Messages waiting, by the kind of handler that drains them."""
    producers: tuple[int, ...]
    producing_seconds: float
    cases: tuple[int, ...]
    callers: tuple[int, ...]
    calling_seconds: float


FULL = GrowthSizes(
    sent=(0, 100_000, 1_000_000),
    relay=40_000,
    backlog=100_000,
    claims=(0, 10_000_000),
    single=6_000,
    batch=40_000,
    queue={"single": 100_000, "batch": 100_000},
    producers=(1, 2, 4, 8),
    producing_seconds=10,
    cases=(0, 50, 100_000),
    callers=(16, 64),
    calling_seconds=10,
)
QUICK = GrowthSizes(
    sent=(0, 10_000, 100_000),
    relay=4_000,
    backlog=10_000,
    claims=(0, 100_000),
    single=600,
    batch=3_000,
    queue={"single": 5_000, "batch": 5_000},
    producers=(1, 2, 4, 8),
    producing_seconds=2,
    cases=(0, 50, 10_000),
    callers=(16, 64),
    calling_seconds=2,
)


def measures(ground: Ground, sizes: GrowthSizes) -> list[Measure]:
    """Return every measure, each base before what is compared with it."""
    return [*_relays(ground, sizes), *_handlers(ground, sizes), *_doors(ground, sizes)]


def _relays(ground: Ground, sizes: GrowthSizes) -> Iterator[Measure]:
    for sent in sizes.sent:
        run = partial(full_tables.relay, ground, sizes.relay, sent)
        yield Measure(f"relay_beside_{sent}_sent", run, f"relay_beside_{sizes.sent[0]}_sent")
    run = partial(full_tables.relay, ground, sizes.backlog)
    yield Measure(f"relay_backlog_{sizes.backlog}", run, f"relay_beside_{sizes.sent[0]}_sent")
    for count in sizes.producers:
        work = partial(producers, ground, count, sizes.producing_seconds)
        yield Measure(f"producers_{count}", work, f"producers_{sizes.producers[0]}")


def _handlers(ground: Ground, sizes: GrowthSizes) -> Iterator[Measure]:
    kinds = {"single": sizes.single, "batch": sizes.batch}
    for claims in sizes.claims:
        for kind, events in kinds.items():
            run = partial(full_tables.handler, ground, kind, events, claims)
            base = f"{kind}_inbox_{sizes.claims[0]}"
            yield Measure(f"{kind}_inbox_{claims}", run, base)
    for kind, waiting in sizes.queue.items():
        run = partial(full_tables.handler, ground, kind, waiting)
        yield Measure(f"{kind}_queue_{waiting}", run, f"{kind}_inbox_{sizes.claims[0]}")


def _doors(ground: Ground, sizes: GrowthSizes) -> Iterator[Measure]:
    least, most = sizes.cases[0], sizes.cases[-1]
    # an empty page costs nearly nothing: what the table's size costs shows beside a full one
    full = next((cases for cases in sizes.cases if cases >= doors.PAGE), least)
    post = ("post", doors.post_case, [least, most], least)
    for kind, measure, numbers, base in (post, ("list", doors.list_cases, [*sizes.cases], full)):
        for callers in sizes.callers:
            for cases in dict.fromkeys(numbers):
                load = doors.Load(callers, sizes.calling_seconds, cases)
                run = partial(measure, ground, load)
                name = f"{kind}_by_{callers}_cases_"
                yield Measure(f"{name}{cases}", run, f"{name}{base}")
