"""Owns the HTTP door of `notifications`: which address runs which use case."""

from flask_smorest import Blueprint

BLUEPRINTS: list[Blueprint] = []
