"""Owns the event door of `notifications`: it hears everything on one queue."""

from shared.messaging.consumer import Database


class NotificationsWorker:
    """Hears every event of every other service."""

    name = "notifications"
    db = Database()
