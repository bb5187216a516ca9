"""Owns the tables of `gateway` by subject; importing it knows them all."""

from services.gateway.models import accounts, clients, limits, oidc, sessions, signing_keys

__all__ = ["accounts", "clients", "limits", "oidc", "sessions", "signing_keys"]
