"""Owns the HTTP door of `gateway`, by subject."""

from services.gateway.api.accounts import ACCOUNTS
from services.gateway.api.audit import AUDIT
from services.gateway.api.people import OWN, PEOPLE
from services.gateway.api.sign_in_doors import SIGN_IN_BLUEPRINTS

BLUEPRINTS = [ACCOUNTS, PEOPLE, OWN, AUDIT, *SIGN_IN_BLUEPRINTS]
