"""Owns the tables of `grid` by subject; importing it knows them all."""

from services.grid.models import areas, cases, compounds, groups, population, posts

__all__ = ["areas", "cases", "compounds", "groups", "population", "posts"]
