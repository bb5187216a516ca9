"""The calculation is right, and docs/performance.md shows what it gives for the kept run."""

import pytest

from shared.messaging.topology import SERVICES
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


def test_peaks_are_in_proportion_to_communities() -> None:
    assert [round(place.events, 2) for place in PLACES] == [27.27, 272.73, 15_000]
    assert COUNTRY.communities == COUNTRY_COMMUNITIES


def test_the_mixture_of_events_is_that_of_the_topology() -> None:
    # of eight events one is heard by three services, three by two, four by notifications alone
    assert capacity.hearers() == pytest.approx(13 / 8)
    assert capacity.busiest_speaker() == pytest.approx(4 / 8)


def test_cores_are_costs_times_rates_over_what_may_be_busy() -> None:
    city = needs(Place("a thousand a second", COUNTRY_COMMUNITIES // 15), COSTS)
    assert city.events == pytest.approx(1_000, rel=0.001)
    assert city.handled == pytest.approx(1_625, rel=0.001)
    assert city.commands == pytest.approx(375, rel=0.001)
    assert city.lists == pytest.approx(1_500, rel=0.001)
    # 375 × 6 ms + 1,500 × 8 ms = 14.25 s of CPU a second, on cores that are half busy
    assert city.cores["api"] == pytest.approx(28.5, rel=0.001)
    assert city.cores["worker_single"] == pytest.approx(3.25, rel=0.001)
    assert city.cores["relay"] == pytest.approx(0.04, rel=0.001)
    # 1,000 × 0.01 + 1,625 × 0.3 + 375 × 2 + 1,500 × 1 = 2,747.5 ms
    assert city.cores["postgres"] == pytest.approx(5.495, rel=0.001)
    # three nodes, each 1,000 × 0.05 + 1,625 × 0.1 = 212.5 ms
    assert city.cores["rabbitmq"] == pytest.approx(1.275, rel=0.001)
    assert city.processes == {"api": 29, "worker": 10, "relay": 10}
    assert (city.other_machines, city.postgres_machines, city.rabbitmq_machines) == (2, 2, 3)


def test_disk_holds_a_year_of_work_and_what_outbox_and_inbox_keep() -> None:
    place = Place("a thousand a second", COUNTRY_COMMUNITIES // 15)
    disk = needs(place, COSTS).disk_gb
    day = 8_640
    assert disk["what people did"] == pytest.approx(365 * day * 375 * 3_000 / 1e9, rel=0.001)
    assert disk["outbox"] == pytest.approx(30 * day * 1_000 * 1_000 / 1e9, rel=0.001)
    assert disk["inbox"] == pytest.approx(90 * day * 1_625 * 150 / 1e9, rel=0.001)


def test_memory_is_that_of_processes_of_connections_and_of_what_waits() -> None:
    place = Place("a thousand a second", COUNTRY_COMMUNITIES // 15)
    memory = needs(place, COSTS).memory_gb
    assert memory["our processes"] == pytest.approx((29 * 150 + 10 * 100 + 10 * 80) / 1000)
    day = 8_640 * (375 * 3_000 + 1_000 * 1_000 + 1_625 * 150) / 1e9
    connections = 17 * 29 + 10 * 10 + 3 * 10
    assert memory["postgres"] == pytest.approx(connections * 0.01 + day, rel=0.001)
    assert memory["rabbitmq"] == pytest.approx(3 * (0.2 + 1_625 * 600 / 1e6), rel=0.001)


def test_the_smallest_place_has_two_of_everything() -> None:
    village = needs(Place("village", 1), COSTS)
    assert village.processes == dict.fromkeys(("api", "worker", "relay"), 2 * len(SERVICES))
    assert village.other_machines == 2
    assert (village.postgres_machines, village.rabbitmq_machines) == (2, 3)


def test_the_first_limit_is_the_one_of_which_most_is_used() -> None:
    found = capacity.limits(COUNTRY, COSTS)
    # 15,000 of 3,000 commits; half of 82.425 cores of 16; 15,000 and 7,500 of 20,000 events
    assert [round(one.part, 3) for one in found] == [5.0, 2.576, 0.75, 0.375]
    first = found[0]
    assert "PostgreSQL" in first.name
    assert capacity.communities_at(first) == pytest.approx(22_000)


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
    assert page == capacity_page.with_sections(page, capacity_page.kept())
    assert "## What a district, a city and the country need" in page


def test_a_run_that_is_not_full_says_so() -> None:
    page = capacity_page.PAGE.read_text(encoding="utf-8")
    run = capacity_page.kept()
    quick = capacity_page.with_sections(page, run | {"form": "quick"})
    full = capacity_page.with_sections(page, run | {"form": "full"})
    assert "of a quick run on a busy machine" in quick
    assert "on a busy machine:" not in full
