"""Owns the tables of `volunteers` as SQLAlchemy sees them; migrations/ makes them."""
