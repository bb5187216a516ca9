"""Owns what callers of `volunteers` may send and see, by subject: shapes only."""
