"""Owns which effects each command promises in every service, and how they are counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from sqlalchemy import text

from shared.messaging.topology import SERVICES
from tests.faults.ledger import Counts, Effect, Promise
from tests.whole_system import WholeSystem

OWNERS = 4
"""First-responsible and directly responsible, by place and by subject."""


@dataclass(frozen=True)
class Count:
    """A query that gives (subject, how often) of one effect in one service's database."""

    effect: Effect
    service: str
    query: LiteralString


def told(effect: Effect, template: LiteralString, subject: LiteralString) -> Count:
    """Return what counts the messages of a template by what they are about."""
    return Count(
        f"notifications: {effect}",
        "notifications",
        f"""SELECT a.data->>'{subject}', count(*) FROM messages m
            JOIN announcements a ON a.id = m.announcement_id
            WHERE a.template = '{template}' AND a.data->>'{subject}' IS NOT NULL GROUP BY 1""",
    )


def stepped(step: LiteralString) -> Count:
    """Return what counts a step of cases."""
    return Count(
        f"grid: step {step}",
        "grid",
        f"SELECT case_id, count(*) FROM case_steps WHERE step = '{step}' GROUP BY 1",
    )


COUNTS = (
    Count("inspections: finding", "inspections", "SELECT id, count(*) FROM findings GROUP BY 1"),
    Count(
        "inspections: finding has its case",
        "inspections",
        # the close of a case may come before its filing: then there is no step into rectification
        """SELECT f.id, greatest(count(s.id), 1) FROM findings f
           LEFT JOIN finding_steps s ON s.finding_id = f.id AND s.state = 'in_rectification'
           WHERE f.case_id IS NOT NULL GROUP BY 1""",
    ),
    Count(
        "grid: dispatched case of a finding",
        "grid",
        """SELECT finding_id, count(*) FROM cases JOIN case_steps ON case_id = cases.id
           WHERE finding_id IS NOT NULL AND step = 'dispatched' GROUP BY 1""",
    ),
    told("told of the dispatch", "case_dispatched", "finding_id"),
    Count("grid: report", "grid", "SELECT place, count(*) FROM cases WHERE place <> '' GROUP BY 1"),
    told("told of the report", "case_reported", "case_id"),
    Count("volunteers: activity", "volunteers", "SELECT id, count(*) FROM activities GROUP BY 1"),
    told("told of the activity", "activity_published", "activity_id"),
    Count("volunteers: case", "volunteers", "SELECT id, count(*) FROM cases GROUP BY 1"),
    Count(
        "volunteers: case is over",
        "volunteers",
        "SELECT id, count(*) FROM cases WHERE NOT is_open GROUP BY 1",
    ),
    stepped("resolved"),
    told("told of the resolution", "case_resolved", "case_id"),
    stepped("closed"),
    Count(
        "inspections: re-inspection",
        "inspections",
        "SELECT case_id, count(*) FROM reinspections GROUP BY 1",
    ),
    told("told of the re-inspection", "reinspection_opened", "case_id"),
    Count("gateway: account", "gateway", "SELECT id, count(*) FROM accounts GROUP BY 1"),
    *(
        Count(
            f"{service}: account is known",
            service,
            "SELECT account_id, count(*) FROM known_accounts GROUP BY 1",
        )
        for service in SERVICES
        if service != "gateway"
    ),
)

PROMISES: Mapping[str, Promise] = {
    "inspection": {
        "inspections: finding": 1,
        "grid: dispatched case of a finding": 1,
        "inspections: finding has its case": 1,
        "volunteers: case": 1,
        "notifications: told of the dispatch": OWNERS,
    },
    "report": {"grid: report": 1, "notifications: told of the report": 2},
    "activity": {"volunteers: activity": 1, "notifications: told of the activity": 1},
    "account": {"gateway: account": 1},
    "grant": {f"{service}: account is known": 1 for service in SERVICES if service != "gateway"},
    "resolve": {"grid: step resolved": 1, "notifications: told of the resolution": 1},
    "close": {
        "grid: step closed": 1,
        "inspections: re-inspection": 1,
        "notifications: told of the re-inspection": 1,
        "volunteers: case is over": 1,
    },
}
"""By command; the subject is the finding, the place, the activity, the account or the case."""

_BY_THEIR_CAUSE = {"volunteers: case", "notifications: told of the report"}
"""Effects that are counted by case, and promised to whoever caused it."""

_CAUSES = "SELECT id, coalesce(finding_id::text, place) FROM cases"


def count(system: WholeSystem) -> Counter[tuple[Effect, str]]:
    """Return how often each effect exists, as the databases have it."""
    causes = _pairs(system, "grid", _CAUSES)
    found: Counter[tuple[Effect, str]] = Counter()
    for one in COUNTS:
        for subject, how_often in _pairs(system, one.service, one.query).items():
            if one.effect in _BY_THEIR_CAUSE:
                subject = str(causes.get(subject, subject))
            found[one.effect, subject] += int(how_often)
    return found


def since(before: Counts, found: Counts) -> Counts:
    """Return what has come since."""
    return {
        thing: number - before.get(thing, 0)
        for thing, number in found.items()
        if number != before.get(thing, 0)
    }


def parked(system: WholeSystem) -> list[str]:
    """Return the ids of the events that are parked, in all services."""
    query = "SELECT id, event_id FROM failed_events WHERE state = 'parked'"
    return [str(event) for one in SERVICES for event in _pairs(system, one, query).values()]


def _pairs(system: WholeSystem, service: str, query: LiteralString) -> dict[str, str]:
    with system.db[service].engine.connect() as connection:
        return {str(key): str(value) for key, value in connection.execute(text(query))}
