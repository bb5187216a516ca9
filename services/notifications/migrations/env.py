"""Alembic's entry: runs the migrations of `notifications`."""

from shared.migrations import run_in_env

run_in_env()
