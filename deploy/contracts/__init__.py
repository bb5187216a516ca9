"""Owns what strangers read of our events: docs/asyncapi.yaml, and one JSON Schema per event."""
