"""Owns the event door of `notifications`: it hears everything on one queue, and sends mail."""

from functools import partial

from services.notifications.post_office import backlog_job, mail_job
from services.notifications.usecases.hearing import hear
from shared.messaging.consumer import Database, consume
from shared.messaging.envelope import Event
from shared.messaging.timers import Timer


class NotificationsWorker:
    """Hears every event of every other service."""

    name = "notifications"
    db = Database()
    mail = Timer("mail", mail_job, every=1.0)
    backlog = Timer("backlog of deliveries", backlog_job, every=10.0)

    @consume("notifications.on_event")
    def on_event(self, event: Event) -> None:
        """Tell those whom the event concerns, learn from it, or pass it over."""
        self.db.once(event, partial(hear, event_id=event.id))
