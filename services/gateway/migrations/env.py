"""Alembic's entry: runs the migrations of `gateway`."""

from shared.migrations import run_in_env

run_in_env()
