"""Alembic's entry: runs the migrations of `volunteers`."""

from shared.migrations import run_in_env

run_in_env()
