"""Owns the measures of speed: `make bench`, which runs `python -m tests.bench`."""
