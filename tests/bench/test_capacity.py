"""The calculation is right, and docs/performance.md shows what it gives for the kept run."""

import pytest

from shared.messaging.topology import EVENTS, SERVICES
from tests.bench import capacity, capacity_page
from tests.bench.capacity import COUNTRY_COMMUNITIES, PLACES, Costs, Place, needs

COSTS = Costs(
    relay={"relay": 0.02, "postgres": 0.01, "rabbitmq": 0.05},
    handler={"worker_single": 1.0, "postgres": 0.3, "rabbitmq": 0.1},
    post={"api": 6.0, "postgres": 2.0, "rabbitmq": 0.0},
    page={"api": 8.0, "postgres": 1.0, "rabbitmq": 0.0},
    relay_rate=20_000,
    handler_rate=1_000,
    commit_rate=3_000,
    memory_mb={"relay": 80, "worker_single": 100, "api": 150, "postgres": 90, "rabbitmq": 200},
    outbox_bytes=1_000,
    inbox_bytes=150,
    post_bytes=3_000,
)
DISTRICT, CITY, COUNTRY = PLACES
THOUSAND = Place("a thousand events a second", COUNTRY_COMMUNITIES // 15)
HEARD = capacity.hearers()
DAY = 8_640


def test_peaks_are_in_proportion_to_communities() -> None:
    assert [round(place.events, 2) for place in PLACES] == [27.27, 272.73, 15_000]
    assert COUNTRY.communities == COUNTRY_COMMUNITIES


def test_the_mixture_of_events_is_that_of_the_topology() -> None:
    told = [event for event in EVENTS if event.name in capacity.STORY]
    assert len(told) == len(capacity.STORY)
    assert pytest.approx(sum(len(event.hearers) for event in told) / 8) == HEARD
    said_by_grid = [event for event in told if event.producer == "grid"]
    assert capacity.busiest_speaker() == pytest.approx(len(said_by_grid) / 8)


def test_cores_are_costs_times_rates_over_what_may_be_busy() -> None:
    found = needs(THOUSAND, COSTS)
    assert found.events == pytest.approx(1_000, rel=0.001)
    assert found.handled == pytest.approx(1_000 * HEARD, rel=0.001)
    assert found.commands == pytest.approx(375, rel=0.001)
    assert found.lists == pytest.approx(1_500, rel=0.001)
    # 375 × 6 ms + 1,500 × 8 ms = 14.25 s of CPU a second, on cores that are half busy
    assert found.cores["api"] == pytest.approx(28.5, rel=0.001)
    assert found.cores["worker_single"] == pytest.approx(2 * HEARD, rel=0.001)
    assert found.cores["relay"] == pytest.approx(0.04, rel=0.001)
    of_handlers = 0.3 * HEARD
    assert found.cores["postgres"] == pytest.approx(2 * (0.01 + of_handlers + 2.25), rel=0.001)
    # each of three nodes does all of it
    assert found.cores["rabbitmq"] == pytest.approx(3 * 2 * (0.05 + 0.1 * HEARD), rel=0.001)
    assert found.processes == {"api": 29, "worker": 10, "relay": 10}
    assert found.other_machines == 2
    assert (found.postgres_machines, found.rabbitmq_machines) == (2, 3)


def test_disk_holds_a_year_of_work_and_what_outbox_and_inbox_keep() -> None:
    disk = needs(THOUSAND, COSTS).disk_gb
    assert disk["what people did"] == pytest.approx(365 * DAY * 375 * 3_000 / 1e9, rel=0.001)
    assert disk["outbox"] == pytest.approx(30 * DAY * 1_000 * 1_000 / 1e9, rel=0.001)
    assert disk["inbox"] == pytest.approx(90 * DAY * 1_000 * HEARD * 150 / 1e9, rel=0.001)


def test_memory_is_that_of_processes_of_connections_and_of_what_waits() -> None:
    memory = needs(THOUSAND, COSTS).memory_gb
    assert memory["our processes"] == pytest.approx((29 * 150 + 10 * 100 + 10 * 80) / 1000)
    written = DAY * (375 * 3_000 + 1_000 * 1_000 + 1_000 * HEARD * 150) / 1e9
    connections = 17 * 29 + 10 * 10 + 3 * 10
    assert memory["postgres"] == pytest.approx(connections * 0.01 + written, rel=0.001)
    assert memory["rabbitmq"] == pytest.approx(3 * (0.2 + 1_000 * HEARD * 600 / 1e6), rel=0.001)


def test_the_smallest_place_has_two_of_everything() -> None:
    village = needs(Place("village", 1), COSTS)
    assert village.processes == dict.fromkeys(("api", "worker", "relay"), 2 * len(SERVICES))
    assert village.other_machines == 2
    assert (village.postgres_machines, village.rabbitmq_machines) == (2, 3)


def test_the_first_limit_is_the_one_of_which_most_is_used() -> None:
    first, *others = capacity.limits(COUNTRY, COSTS)
    # half of what PostgreSQL needs in all, and a machine has sixteen cores
    cores = needs(COUNTRY, COSTS).cores["postgres"] * capacity.busiest_speaker()
    assert first.part == pytest.approx(cores / 16)
    assert "says most" in first.name
    assert all(first.part >= one.part for one in others)
    assert capacity.communities_at(first) == pytest.approx(COUNTRY_COMMUNITIES * 16 / cores)
    hearer = next(one for one in others if "PostgreSQL for `notifications`" in one.name)
    assert hearer.needed == pytest.approx(15_000 * 0.3 / 1000 / 0.5)
    relay = next(one for one in others if "relay" in one.name)
    assert relay.part == pytest.approx(15_000 * capacity.busiest_speaker() / 20_000)


def test_costs_are_those_of_the_largest_measure_that_succeeded() -> None:
    run = capacity_page.kept()
    sizes = [one for one in run["measures"] if one["name"].startswith("list_by_")]
    assert capacity.costs_of(run).page == sizes[-1]["found"]["cpu_ms"]
    sizes[-1]["found"] = None
    assert capacity.costs_of(run).page == sizes[-2]["found"]["cpu_ms"]
    for one in sizes:
        one["found"] = None
    with pytest.raises(LookupError, match="list_by_"):
        capacity.costs_of(run)


def test_the_page_shows_the_kept_run() -> None:
    page = capacity_page.PAGE.read_text(encoding="utf-8")
    again = "python -m tests.bench.capacity_page"
    assert page == capacity_page.with_sections(page, capacity_page.kept()), f"write it: {again}"
    assert "## What a district, a city and the country need" in page


def test_a_run_that_is_not_full_says_so() -> None:
    page = capacity_page.PAGE.read_text(encoding="utf-8")
    run = capacity_page.kept()
    quick = capacity_page.with_sections(page, run | {"form": "quick"})
    full = capacity_page.with_sections(page, run | {"form": "full"})
    assert "of a quick run on a busy machine" in quick
    assert "on a busy machine:" not in full
