"""Owns the tables of `notifications` as SQLAlchemy sees them; migrations/ makes them."""
