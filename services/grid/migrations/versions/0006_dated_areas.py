"""Let the register know cells, and areas change on a date: what an area was stays to be looked up.

An area that never changed has no row in area_versions: `areas` tells it for every day.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add cells, changes, versions and links; the code of step 0005 goes on working."""
    _widen_areas()
    _create_changes()
    _create_versions()
    _create_links()


def _widen_areas() -> None:
    op.execute("""
        ALTER TABLE areas
            ADD COLUMN dated boolean NOT NULL DEFAULT false,
            DROP CONSTRAINT ck_areas_level,
            DROP CONSTRAINT ck_areas_known_level,
            ADD CONSTRAINT ck_areas_level CHECK (
                length(code) = CASE level
                    WHEN 'province' THEN 2 WHEN 'city' THEN 4 WHEN 'district' THEN 6
                    WHEN 'street' THEN 9 WHEN 'community' THEN 12 WHEN 'cell' THEN 15 END),
            ADD CONSTRAINT ck_areas_known_level CHECK (
                level IN ('province', 'city', 'district', 'street', 'community', 'cell'))
    """)


def _create_changes() -> None:
    op.execute("""
        CREATE TABLE area_changes (
            id uuid NOT NULL CONSTRAINT pk_area_changes PRIMARY KEY,
            kind text NOT NULL CONSTRAINT ck_area_changes_kind CHECK (kind IN (
                'establish', 'rename', 'merge', 'split', 'move', 'abolish', 'revert', 'import')),
            area_code text COLLATE "C" NOT NULL,
            effective_on date NOT NULL,
            basis text NOT NULL,
            effects jsonb NOT NULL,
            reverts uuid CONSTRAINT uq_area_changes_reverts UNIQUE
                CONSTRAINT fk_area_changes_reverts REFERENCES area_changes (id),
            recorded_by uuid,
            recorded_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_area_changes_area_code ON area_changes (area_code, id)")
    op.execute("""
        CREATE TRIGGER area_changes_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON area_changes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
    op.execute("""
        CREATE TABLE area_announcements (
            due_on date NOT NULL,
            code text COLLATE "C" NOT NULL
                CONSTRAINT fk_area_announcements_code REFERENCES areas (code),
            CONSTRAINT pk_area_announcements PRIMARY KEY (due_on, code)
        )
    """)


def _create_versions() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("""
        CREATE TABLE area_versions (
            code text COLLATE "C" NOT NULL
                CONSTRAINT fk_area_versions_code REFERENCES areas (code),
            since date,
            until date,
            name text NOT NULL CONSTRAINT ck_area_versions_name CHECK (name <> ''),
            change_id uuid CONSTRAINT fk_area_versions_change_id REFERENCES area_changes (id),
            CONSTRAINT ck_area_versions_period CHECK (since < until),
            CONSTRAINT uq_area_versions_code_since UNIQUE NULLS NOT DISTINCT (code, since),
            CONSTRAINT ex_area_versions_one_at_a_time
                EXCLUDE USING gist (code WITH =, daterange(since, until) WITH &&)
                DEFERRABLE INITIALLY DEFERRED
        )
    """)
    op.execute("CREATE INDEX ix_area_versions_change_id ON area_versions (change_id)")


def _create_links() -> None:
    op.execute("""
        CREATE TABLE area_links (
            from_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_area_links_from_code REFERENCES areas (code),
            to_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_area_links_to_code REFERENCES areas (code),
            change_id uuid NOT NULL
                CONSTRAINT fk_area_links_change_id REFERENCES area_changes (id),
            CONSTRAINT pk_area_links PRIMARY KEY (from_code, to_code, change_id),
            CONSTRAINT ck_area_links_two CHECK (from_code <> to_code)
        )
    """)
    op.execute("CREATE INDEX ix_area_links_to_code ON area_links (to_code)")
