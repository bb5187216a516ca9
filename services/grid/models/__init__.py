"""Owns the tables of `grid` by subject; importing it knows them all."""

from services.grid.models import (
    areas,
    boundaries,
    cases,
    compounds,
    groups,
    matrices,
    population,
    posts,
)

__all__ = [
    "areas",
    "boundaries",
    "cases",
    "compounds",
    "groups",
    "matrices",
    "population",
    "posts",
]
