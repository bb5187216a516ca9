"""Let the register know where communities and cells lie: their boundaries, by day.

The extensions are an administrator's to make (deploy/local/applications.py): PostGIS isn't trusted.
Where they are there, IF NOT EXISTS asks for no right.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add boundaries, their imports, and what changes of areas took from them."""
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _create_imports()
    _create_boundaries()
    _create_taken()


def _create_imports() -> None:
    op.execute("""
        CREATE TABLE boundary_imports (
            id uuid NOT NULL CONSTRAINT pk_boundary_imports PRIMARY KEY,
            file_sha256 text NOT NULL,
            crs text NOT NULL,
            effective_on date NOT NULL,
            features integer NOT NULL,
            added integer NOT NULL,
            changed integer NOT NULL,
            unchanged integer NOT NULL,
            imported_by uuid NOT NULL,
            imported_at timestamptz NOT NULL
        )
    """)


def _create_boundaries() -> None:
    op.execute("""
        CREATE TABLE boundaries (
            id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT pk_boundaries PRIMARY KEY,
            area_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_boundaries_area_code REFERENCES areas (code),
            level text NOT NULL,
            since date NOT NULL,
            until date,
            shape geometry(MultiPolygon, 4326) NOT NULL,
            shape_hash bytea NOT NULL,
            import_id uuid CONSTRAINT fk_boundaries_import_id REFERENCES boundary_imports (id)
                DEFERRABLE INITIALLY DEFERRED,
            change_id uuid CONSTRAINT fk_boundaries_change_id REFERENCES area_changes (id)
                DEFERRABLE INITIALLY DEFERRED,
            CONSTRAINT ck_boundaries_level CHECK (
                length(area_code) = CASE level WHEN 'community' THEN 12 WHEN 'cell' THEN 15 END),
            CONSTRAINT ck_boundaries_known_level CHECK (level IN ('community', 'cell')),
            CONSTRAINT ck_boundaries_period CHECK (since < until),
            CONSTRAINT ex_boundaries_one_at_a_time
                EXCLUDE USING gist (area_code WITH =, daterange(since, until) WITH &&)
                DEFERRABLE INITIALLY DEFERRED
        )
    """)
    op.execute("CREATE INDEX ix_boundaries_area_code ON boundaries (area_code, since)")
    op.execute("CREATE INDEX ix_boundaries_change_id ON boundaries (change_id)")
    # point and day → cell is one look into this
    op.execute("""
        CREATE INDEX ix_boundaries_cells ON boundaries
        USING gist (shape, daterange(since, until)) WHERE level = 'cell'
    """)


def _create_taken() -> None:
    op.execute("""
        CREATE TABLE boundaries_before (
            id uuid NOT NULL DEFAULT gen_random_uuid()
                CONSTRAINT pk_boundaries_before PRIMARY KEY,
            change_id uuid NOT NULL
                CONSTRAINT fk_boundaries_before_change_id REFERENCES area_changes (id)
                DEFERRABLE INITIALLY DEFERRED,
            area_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_boundaries_before_area_code REFERENCES areas (code),
            since date NOT NULL,
            until date,
            shape geometry(MultiPolygon, 4326),
            CONSTRAINT ck_boundaries_before_period CHECK (since < until)
        )
    """)
    op.execute("CREATE INDEX ix_boundaries_before_change_id ON boundaries_before (change_id)")
