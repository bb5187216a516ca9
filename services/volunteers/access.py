"""Owns who may do what in `volunteers`: role × action, and the clients' scopes."""

from shared.auth.access import Access

ACCESS: Access = {}
