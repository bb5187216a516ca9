"""Owns the migration steps of the tables that every service checks tokens by.

A step that was released never changes: the next change of a table is a new step.
"""

from alembic import op


def step_1_create() -> None:
    """Create signing_keys and known_accounts."""
    op.execute("""
        CREATE TABLE signing_keys (
            kid text NOT NULL CONSTRAINT pk_signing_keys PRIMARY KEY,
            x text NOT NULL,
            y text NOT NULL,
            expires_at timestamptz,
            set_version bigint NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE known_accounts (
            account_id uuid NOT NULL CONSTRAINT pk_known_accounts PRIMARY KEY,
            version bigint NOT NULL,
            active boolean NOT NULL
        )
    """)
