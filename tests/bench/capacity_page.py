"""Owns the two generated sections of docs/performance.md: growth, and what three places need.

python -m tests.bench.capacity_page           write them from the run that is kept here
python -m tests.bench.capacity_page FILE      keep FILE, then write them from it
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.bench import capacity
from tests.bench.capacity import PLACES, Costs, Limit, Needs
from tests.processes import ROOT

KEPT = Path(__file__).with_name("growth.json")
PAGE = ROOT / "docs" / "performance.md"
_SECTIONS = re.compile(r"(<!-- growth: begin -->\n).*(<!-- growth: end -->\n)", re.DOTALL)
_NOT_A_FULL_RUN = """\
**These are the numbers of a {form} run on a busy machine: they show how the calculation goes, not
what it comes to.** `make bench A=--growth` makes a full run, and
`.venv/bin/python -m tests.bench.capacity_page .run/bench/growth-latest.json` writes this from it.
"""
_RECKONING = """\
On paper, by `tests/bench/capacity.py`, from the numbers above. The country's peak is {events:,}
events/s for {communities:,} communities; a district's and a city's follow by proportion to their
communities. Assumed, since nothing here can measure it:

- The mixture is one failed item until it is mended: {story} events of {commands} commands of
  people, each event heard by {hearers:.4g} services in the mean; for each command somebody looks at
  {lists} pages of a list. One service says at most {busiest:.0%} of all. An effect costs what the
  measured one does, one row; real ones write more.
- A machine has {cores} cores and uses {busy:.0%} of them at the peak, so that the other half is
  there for a failure. A day holds as much as {day:,} s of the peak.
- Two of each process for each service; PostgreSQL with a standby of the same size; {nodes} nodes of
  RabbitMQ, each of which writes every message.
- RabbitMQ has memory for {backlog:g} minutes of the peak unheard; PostgreSQL for what
  {hot} day writes and {connection} MB a connection.
- Outbox rows stay {outbox} days, claims {inbox}, what people did for good; standbys, backups and
  photos are not in it.
"""
_LIMITED = """\
What more processes don't speed up, and how much of it each place uses. Rates were
measured on two cores that all share, so the true limit on machines of their own is higher; over
100 % says where to look first.
"""
_FIRST = """\
**The first limit**: {name}. It is used up by about {reached:,.0f}
communities{place}. The way out is {way_out}.

Not known from here: how many commits a second one PostgreSQL makes with cores and disks of its own
(each that says something takes the one lock of NOTIFY). The most that were seen on these two cores,
beside all else, are {commits:,.0f}; `notifications` alone needs {needed:,.0f} for a city and
{country:,.0f} for the country. That is the first thing to measure on larger machines.
"""
_PROGRAMS = {
    "api": "the HTTP doors",
    "worker_single": "the workers",
    "relay": "the relays",
    "postgres": "PostgreSQL",
    "rabbitmq": "RabbitMQ",
}
_WHERE = {"district": "a district", "city": "a city", "country": "the country"}


def main() -> None:
    """Keep a run, if one is named, and write the sections."""
    if len(sys.argv) > 1:
        KEPT.write_text(Path(sys.argv[1]).read_text(encoding="utf-8"), encoding="utf-8")
    PAGE.write_text(with_sections(PAGE.read_text(encoding="utf-8"), kept()), encoding="utf-8")


def kept() -> dict[str, Any]:
    """Return the run that the page is written from."""
    run: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return run


def with_sections(page: str, run: Mapping[str, Any]) -> str:
    """Return the page with both sections made anew."""
    sections = f"{_growth(run)}\n{_needs(run)}"
    return _SECTIONS.sub(lambda found: found[1] + sections + found[2], page)


def _growth(run: Mapping[str, Any]) -> str:
    machine = run["machine"]
    lines = [
        "## Growth",
        "",
        f"{run['form'].capitalize()} run of {run['measured_at'][:10]}: {machine['cores']} cores"
        f" ({machine['processor']}), PostgreSQL {machine['postgresql']}, RabbitMQ"
        f" {machine['rabbitmq']}; load {machine['load_before']:.1f} when it began.",
        *([] if run["form"] == "full" else ["", *_warning(run)]),
        "",
        "| measure | per second | of its base | CPU ms each | what else |",
        "|---|---|---|---|---|",
        *(_measure(one) for one in run["measures"]),
        "",
        "| program | largest process, peak |",
        "|---|---|",
        *(f"| {name} | {mb:,.0f} MB |" for name, mb in capacity.peak_memory(run).items()),
        "",
    ]
    return "\n".join(lines)


def _warning(run: Mapping[str, Any]) -> list[str]:
    return _NOT_A_FULL_RUN.format(form=run["form"]).splitlines()


def _measure(one: Mapping[str, Any]) -> str:
    found = one["found"]
    if found is None:
        return f"| `{one['name']}` | failed | | | {one['failure']} |"
    ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
    cpu = ", ".join(f"{name} {ms:.3g}" for name, ms in found["cpu_ms"].items())
    more = ", ".join(
        f"{name.replace('_', ' ')} {_short(value)}" for name, value in found["details"].items()
    )
    return f"| `{one['name']}` | {found['per_second']:,.0f} | {ratio} | {cpu} | {more} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _needs(run: Mapping[str, Any]) -> str:
    costs = capacity.costs_of(run)
    columns = [capacity.needs(place, costs) for place in PLACES]
    heads = "".join(f" {one.name} ({one.communities:,} communities) |" for one in PLACES)
    lines = [
        "## What a district, a city and the country need",
        "",
        *_reckoning(),
        *([] if run["form"] == "full" else ["", *_warning(run)]),
        "",
        f"| at the peak |{heads}",
        "|---|---|---|---|",
        *(_row(name, show, columns) for name, show in _ROWS.items()),
        "",
        _most(columns[-1]),
        *_limits(costs),
        "",
    ]
    return "\n".join(lines)


def _reckoning() -> list[str]:
    c = capacity
    return _RECKONING.format(
        events=c.COUNTRY_EVENTS,
        communities=c.COUNTRY_COMMUNITIES,
        story=len(c.STORY),
        commands=c.STORY_COMMANDS,
        hearers=c.hearers(),
        lists=c.LISTS_PER_COMMAND,
        busiest=c.busiest_speaker(),
        cores=c.MACHINE_CORES,
        busy=c.BUSY,
        day=c.DAY_OF_PEAK_SECONDS,
        nodes=c.BROKER_NODES,
        backlog=c.BACKLOG_SECONDS / 60,
        hot=c.HOT_DAYS,
        connection=c.CONNECTION_MB,
        outbox=c.DISK_DAYS["outbox"],
        inbox=c.DISK_DAYS["inbox"],
    ).splitlines()


def _row(name: str, show: Callable[[Needs], str], columns: list[Needs]) -> str:
    return f"| {name} |" + "".join(f" {show(one)} |" for one in columns)


def _most(country: Needs) -> str:
    program = max(country.cores, key=lambda one: country.cores[one])
    part = country.cores[program] / sum(country.cores.values())
    return f"Most is spent by {_PROGRAMS[program]}: {part:.0%} of the cores.\n"


def _limits(costs: Costs) -> list[str]:
    by_place = [{one.name: one for one in capacity.limits(place, costs)} for place in PLACES]
    heads = " | ".join(place.name for place in PLACES)
    lines = [*_LIMITED.splitlines(), "", f"| limit | there is | {heads} | way out |"]
    lines.append("|---|---|---|---|---|---|")
    of_country = capacity.limits(PLACES[-1], costs)
    for one in of_country:
        parts = " | ".join(f"{limits[one.name].part:.1%}" for limits in by_place)
        lines.append(f"| {one.name} | {one.there_is:,.0f}{one.unit} | {parts} | {one.way_out} |")
    return [*lines, "", *_first(of_country[0], costs)]


def _first(limit: Limit, costs: Costs) -> list[str]:
    reached = capacity.communities_at(limit)
    within = [place.name for place in PLACES if place.communities <= reached]
    place = f": enough for {_WHERE[within[-1]]}" if within else ""
    return _FIRST.format(
        name=limit.name,
        reached=reached,
        place=place,
        way_out=limit.way_out,
        commits=costs.commit_rate,
        needed=PLACES[1].events,
        country=PLACES[2].events,
    ).splitlines()


def _cores(program: str) -> Callable[[Needs], str]:
    return lambda one: _short(one.cores[program])


_ROWS: dict[str, Callable[[Needs], str]] = {
    "events said a second": lambda one: _short(one.events),
    "events handled a second": lambda one: _short(one.handled),
    "commands, pages of lists a second": lambda one: f"{_short(one.commands)}, {_short(one.lists)}",
    "cores: HTTP doors": _cores("api"),
    "cores: workers": _cores("worker_single"),
    "cores: relays": _cores("relay"),
    "cores: PostgreSQL": _cores("postgres"),
    "cores: RabbitMQ, all nodes": _cores("rabbitmq"),
    "**cores in all**": lambda one: f"**{_short(sum(one.cores.values()))}**",
    "processes: doors, workers, relays": lambda one: ", ".join(
        f"{one.processes[kind]:,}" for kind in ("api", "worker", "relay")
    ),
    "machines for our processes": lambda one: f"{one.other_machines:,}",
    "machines for PostgreSQL, standbys too": lambda one: f"{one.postgres_machines:,}",
    "machines for RabbitMQ": lambda one: f"{one.rabbitmq_machines:,}",
    "memory in GB: our processes, PostgreSQL, RabbitMQ": lambda one: ", ".join(
        _short(gb) for gb in one.memory_gb.values()
    ),
    "disk in GB: a year of what people did": lambda one: f"{one.disk_gb['what people did']:,.0f}",
    "disk in GB: outbox, inbox": lambda one: (
        f"{one.disk_gb['outbox']:,.0f}, {one.disk_gb['inbox']:,.0f}"
    ),
}


if __name__ == "__main__":
    main()
