"""Owns the event door of `volunteers`: what it hears, and which use case answers."""

from services.volunteers.usecases import cases
from shared.auth import known
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event
from shared.register.learning import learn_area_changes, learn_areas


class VolunteersWorker:
    """Everything that `volunteers` hears."""

    name = "volunteers"
    db = Database()

    @consume("volunteers.on_areas_imported", batch=10)
    def on_areas_imported(self, events: list[Event]) -> None:
        """Keep the copy of the area register; a batch holds up to 5,000 areas."""
        self.db.once_all(events, learn_areas)

    @consume("volunteers.on_area_changed", batch=200)
    def on_area_changed(self, events: list[Event]) -> None:
        """Keep the copy of the area register: names that change, areas that begin and end."""
        self.db.once_all(events, learn_area_changes)

    @consume("volunteers.on_case_dispatched")
    def on_case_dispatched(self, event: Event) -> None:
        """Activities can be called for the case from now on."""
        self.db.once(event, cases.learn_case)

    @consume("volunteers.on_case_reopened")
    def on_case_reopened(self, event: Event) -> None:
        """Activities can be called for the case again."""
        self.db.once(event, cases.learn_case)

    @consume("volunteers.on_case_closed")
    def on_case_closed(self, event: Event) -> None:
        """No more activities are called for the case."""
        self.db.once(event, cases.learn_case)

    @consume("volunteers.on_account_changed")
    def on_account_changed(self, event: Event) -> None:
        """Tokens that an account got before the change hold no longer."""
        self.db.once(event, known.learn_account)

    @consume("volunteers.on_signing_keys_changed")
    def on_signing_keys_changed(self, event: Event) -> None:
        """Tokens are checked by the newest keys."""
        self.db.once(event, known.learn_signing_keys)
