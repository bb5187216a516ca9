"""Faults, and the ledger that shows that none loses or doubles anything."""
