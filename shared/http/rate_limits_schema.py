"""Owns the migration steps of the table of rate limits; services' migrations call them.

A step that was released never changes: the next change of the table is a new step. The gateway's
own table is as old as its sign-in and the same.
"""

from alembic import op


def step_1_create() -> None:
    """Create rate_limits."""
    op.execute("""
        CREATE TABLE rate_limits (
            what text NOT NULL,
            subject_hash bytea NOT NULL,
            used integer NOT NULL CONSTRAINT ck_rate_limits_used CHECK (used >= 1),
            ends_at timestamptz NOT NULL,
            CONSTRAINT pk_rate_limits PRIMARY KEY (what, subject_hash)
        )
    """)
    op.execute("CREATE INDEX ix_rate_limits_ends_at ON rate_limits (ends_at)")
