"""Owns what callers of `notifications` may send and see: shapes only, rules are in domain/."""
