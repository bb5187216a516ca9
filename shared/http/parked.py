"""Owns the routes for parked events, which every service has without writing any."""

from datetime import timedelta
from uuid import UUID

from shared.auth.access import Access, allow
from shared.database import Transactions
from shared.http import problems
from shared.http.auth import caller
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows
from shared.messaging import parked
from shared.messaging import parked_schemas as schemas
from shared.messaging.retention import Periods

_OPERATOR = allow("operator", by_area=False)
PARKED_ACCESS: Access = {
    "list_parked_events": _OPERATOR,
    "get_parked_event": _OPERATOR,
    "replay_parked_events": _OPERATOR,
    "replay_parked_event": _OPERATOR,
    "discard_parked_event": _OPERATOR,
}
"""The content of events is for the people who run the system, and for no client."""


def parked_routes(db: Transactions) -> Routes:
    """Return the routes under `/parked`.

    Raises:
        BadConfiguration: when the periods of retention make no sense; replays depend on them.
    """
    routes = Routes("parked", __name__, description="待处置事件 / parked events")
    _reading(routes, db)
    _settling(routes, db, Periods.from_environment().inbox)
    return routes


def _reading(routes: Routes, db: Transactions) -> None:
    @routes.get("/parked")
    @routes.arguments(accepts(schemas.ListParkedEvents), location="query")
    @routes.response(200, shows(schemas.ParkedEventPage))
    def list_parked_events(wanted: schemas.ListParkedEvents) -> schemas.ParkedEventPage:
        """Events whose handler failed, in one state, without their content"""
        return db.read(parked.list_parked_events, wanted)

    @routes.get("/parked/<uuid:parked_id>")
    @routes.response(200, shows(schemas.ParkedEventView))
    def get_parked_event(parked_id: UUID) -> schemas.ParkedEventView:
        """An event with its content, and what people did with it"""
        return db.read(parked.get_parked_event, parked_id)


def _settling(routes: Routes, db: Transactions, memory: timedelta) -> None:
    @routes.post("/parked/replay")
    @routes.arguments(accepts(schemas.WhichParkedEvents))
    @routes.response(200, shows(schemas.ReplayedView))
    def replay_parked_events(request: schemas.WhichParkedEvents) -> schemas.ReplayedView:
        """Try many again, the oldest first; what must not be replayed is told"""
        who = str(caller().id)
        return _told(db.change(parked.replay_parked_events, request, who, memory))

    @routes.post("/parked/<uuid:parked_id>/replay")
    @routes.response(200, shows(schemas.ParkedEventView))
    def replay_parked_event(parked_id: UUID) -> schemas.ParkedEventView:
        """Try one again at once"""
        return db.change(parked.replay_parked_event, parked_id, str(caller().id), memory)

    @routes.post("/parked/<uuid:parked_id>/discard")
    @routes.arguments(accepts(schemas.DiscardParkedEvent))
    @routes.response(200, shows(schemas.ParkedEventView))
    def discard_parked_event(
        request: schemas.DiscardParkedEvent, parked_id: UUID
    ) -> schemas.ParkedEventView:
        """Give one up for good, with a reason"""
        who = str(caller().id)
        return db.change(parked.discard_parked_event, parked_id, who, request.reason)


def _told(done: schemas.Replayed) -> schemas.ReplayedView:
    """Say each refusal in the caller's language."""
    spoken = problems.language()
    refused = [
        schemas.RefusalView(
            one.id, problems.TYPE_PREFIX + problems.kind_of(one.refusal), one.refusal.text(spoken)
        )
        for one in done.refused
    ]
    return schemas.ReplayedView(done.replayed, refused, done.left)
