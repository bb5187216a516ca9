"""Owns the event door of `grid`: what the service hears."""

from services.grid.usecases import cases, filing
from services.grid.usecases.appointing import renew_holders
from services.grid.usecases.area_changes import announce_due
from services.grid.usecases.coming_days import tell_of_the_day
from services.grid.usecases.dispatching import dispatch_waiting
from shared.auth import known
from shared.http.rate_limits import delete_over
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event
from shared.messaging.housekeeping import Sweep
from shared.messaging.timers import Timer, in_one_transaction

_LOOK_SECONDS = 5.0
"""How long a filed case waits at most once there are posts that own it."""

_DAY_SECONDS = 60.0
"""How long after midnight it is said at most what begins to hold on the day."""


class GridWorker:
    """One handler per queue; each runs one use case."""

    name = "grid"
    db = Database()
    waiting = Timer(
        "cases that wait for their owners", in_one_transaction(dispatch_waiting), _LOOK_SECONDS
    )
    areas = Timer("areas that change today", in_one_transaction(announce_due), _LOOK_SECONDS)
    days = Timer(
        "compounds and groups whose day came", in_one_transaction(tell_of_the_day), _DAY_SECONDS
    )
    holders = Timer(
        "posts whose holders change today", in_one_transaction(renew_holders), _LOOK_SECONDS
    )
    limits = Sweep("rate_limits", delete_over)

    @consume("grid.on_finding_raised")
    def on_finding_raised(self, event: Event) -> None:
        """A failed item becomes a case to rectify."""
        self.db.once(event, filing.open_rectification_case)

    @consume("grid.on_reinspection_failed")
    def on_reinspection_failed(self, event: Event) -> None:
        """A closed case has to be worked on again."""
        self.db.once(event, cases.reopen_case)

    @consume("grid.on_account_changed")
    def on_account_changed(self, event: Event) -> None:
        """Tokens that an account got before the change hold no longer."""
        self.db.once(event, known.learn_account)

    @consume("grid.on_signing_keys_changed")
    def on_signing_keys_changed(self, event: Event) -> None:
        """Tokens are checked by the newest keys."""
        self.db.once(event, known.learn_signing_keys)
