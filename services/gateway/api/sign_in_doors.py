"""Owns the list of the doors about signing in."""

from services.gateway.api.clients import CLIENTS
from services.gateway.api.oidc import OIDC
from services.gateway.api.sign_in import SIGN_IN
from services.gateway.api.tokens import TOKENS

SIGN_IN_BLUEPRINTS = [SIGN_IN, TOKENS, CLIENTS, OIDC]
