"""Owns the event door of `inspections`: what it hears, and which use case answers."""

from services.inspections.usecases import findings, reinspections
from shared.auth import known
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event
from shared.register.learning import learn_area_changes, learn_areas


class InspectionsWorker:
    """Everything that `inspections` hears."""

    name = "inspections"
    db = Database()

    @consume("inspections.on_areas_imported", batch=10)
    def on_areas_imported(self, events: list[Event]) -> None:
        """Keep the copy of the area register; a batch holds up to 5,000 areas."""
        self.db.once_all(events, learn_areas)

    @consume("inspections.on_area_changed", batch=200)
    def on_area_changed(self, events: list[Event]) -> None:
        """Keep the copy of the area register: names that change, areas that begin and end."""
        self.db.once_all(events, learn_area_changes)

    @consume("inspections.on_case_filed")
    def on_case_filed(self, event: Event) -> None:
        """Note the case that will mend a finding."""
        self.db.once(event, findings.link_case)

    @consume("inspections.on_case_closed")
    def on_case_closed(self, event: Event) -> None:
        """Let another inspector look at what was mended."""
        self.db.once(event, reinspections.open_reinspection)

    @consume("inspections.on_account_changed")
    def on_account_changed(self, event: Event) -> None:
        """Tokens that an account got before the change hold no longer."""
        self.db.once(event, known.learn_account)

    @consume("inspections.on_signing_keys_changed")
    def on_signing_keys_changed(self, event: Event) -> None:
        """Tokens are checked by the newest keys."""
        self.db.once(event, known.learn_signing_keys)
