"""Owns the use cases of `inspections`, by subject: one function, one transaction."""
