"""Owns the event door of `grid`: what the service hears."""

from services.grid.usecases import cases
from shared.auth import known
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

    @consume("grid.on_account_changed")
    def on_account_changed(self, event: Event) -> None:
        """Tokens that an account got before the change hold no longer."""
        self.db.once(event, known.learn_account)

    @consume("grid.on_signing_keys_changed")
    def on_signing_keys_changed(self, event: Event) -> None:
        """Tokens are checked by the newest keys."""
        self.db.once(event, known.learn_signing_keys)
