"""Owns the declaration of what the gateway gives versions to."""

from shared.messaging.aggregates import Column, Owned, Staying

OWNED = (
    Owned("account_id", "accounts", "id", "token_version"),
    Owned("account_id", "api_clients", "id", "version"),
)
COUNTED = (
    Column("accounts", "version"),
    Column("gateway_signing_keys", "set_version"),
)
STAYING = (Staying("known_accounts", "version", "restored with the accounts that it follows"),)
