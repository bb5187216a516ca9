"""Owns the event door of `inspections`: what it hears, and which use case answers."""

from services.inspections.usecases import areas, findings
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event


class InspectionsWorker:
    """Everything that `inspections` hears."""

    name = "inspections"
    db = Database()

    @consume("inspections.on_areas_imported", batch=10)
    def on_areas_imported(self, events: list[Event]) -> None:
        """Keep the copy of the area register; a batch holds up to 5,000 areas."""
        self.db.once_all(events, areas.learn_areas)

    @consume("inspections.on_case_filed")
    def on_case_filed(self, event: Event) -> None:
        """Note the case that will mend a finding."""
        self.db.once(event, findings.link_case)

    @consume("inspections.on_case_closed")
    def on_case_closed(self, event: Event) -> None:
        """Close the finding that was mended."""
        self.db.once(event, findings.close_finding)
