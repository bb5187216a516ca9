"""Owns what callers of `volunteers` may send and see: shapes only, rules are in domain/."""
