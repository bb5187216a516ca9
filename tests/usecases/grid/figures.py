"""Owns the population figures that the tests of `grid` record."""

from datetime import date
from typing import Any
from uuid import UUID

from services.grid.schemas.population import FigureView, RecordPopulation
from services.grid.usecases.population import Decision, approve_population, record_population
from shared.database import Transactions
from tests.factories import COMMUNITY
from tests.tokens import somebody

RECORDER, APPROVER = UUID(int=301), UUID(int=302)


def figure(**values: Any) -> dict[str, Any]:
    """Return the body of a figure of 三元一村社区."""
    body = {
        "area_code": COMMUNITY,
        "day": "2020-11-01",
        "residents": 5213,
        "registered": 4108,
        "households": 2016,
        "source_kind": "census",
        "source": "第七次全国人口普查",
    }
    return body | values


def recorded(db: Transactions, **values: Any) -> FigureView:
    """Record a figure."""
    body = figure(**values)
    request = RecordPopulation(**(body | {"day": date.fromisoformat(body["day"])}))
    return db.run(record_population, somebody(subject=RECORDER), request).view


def approved(db: Transactions, **values: Any) -> FigureView:
    """Record a figure that another person approves."""
    decision = Decision(recorded(db, **values).id, somebody(subject=APPROVER))
    return db.run(approve_population, decision)
