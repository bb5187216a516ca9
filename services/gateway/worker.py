"""Owns the event door of `gateway`: it hears nothing, and forgets what signing in left behind."""

from services.gateway.usecases.purge import purge
from shared.messaging.consumer import Database
from shared.messaging.housekeeping import Sweep


class GatewayWorker:
    """The gateway speaks and listens to nobody; its worker settles failures and sweeps."""

    name = "gateway"
    db = Database()
    sign_in = Sweep("sign_in", purge)
