"""Owns the migration steps of a service's copy of the area register.

A step that was released never changes: the next change of the table is a new step.
"""

from alembic import op


def step_1_create() -> None:
    """Create areas."""
    op.execute("""
        CREATE TABLE areas (
            code text COLLATE "C" NOT NULL CONSTRAINT pk_areas PRIMARY KEY,
            name text NOT NULL,
            level text NOT NULL CONSTRAINT ck_areas_level
                CHECK (level IN ('province', 'city', 'district', 'street', 'community')),
            version integer NOT NULL CONSTRAINT ck_areas_version CHECK (version > 0),
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT ck_areas_code
                CHECK (code ~ '^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$')
        )
    """)


def step_2_until() -> None:
    """Let an area end: from `until` on there is none."""
    op.execute("ALTER TABLE areas ADD COLUMN until date")
