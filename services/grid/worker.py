"""Owns the event door of `grid`: what the service hears."""

from services.grid.usecases import cases
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event


class GridWorker:
    """One handler per queue; each runs one use case."""

    name = "grid"
    db = Database()

    @consume("grid.on_finding_raised")
    def on_finding_raised(self, event: Event) -> None:
        """A failed item becomes a case to rectify."""
        self.db.once(event, cases.open_rectification_case)
