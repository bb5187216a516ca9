"""Owns who may do what in `notifications`: role × action, and the clients' scopes."""

from shared.auth.access import Access

ACCESS: Access = {}
