"""Create the area register, cases with their history, and the tables of delivery."""

from alembic import op

from shared.messaging import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything that the first release of `grid` keeps."""
    schema.step_1_create()
    _create_areas()
    _create_cases()
    _create_case_steps()


def _create_areas() -> None:
    op.execute("""
        CREATE TABLE areas (
            code text COLLATE "C" NOT NULL CONSTRAINT pk_areas PRIMARY KEY,
            name text NOT NULL CONSTRAINT ck_areas_name CHECK (name <> ''),
            level text NOT NULL,
            parent_code text COLLATE "C",
            version bigint NOT NULL CONSTRAINT ck_areas_version CHECK (version >= 1),
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT ck_areas_level CHECK (
                length(code) = CASE level
                    WHEN 'province' THEN 2 WHEN 'city' THEN 4 WHEN 'district' THEN 6
                    WHEN 'street' THEN 9 WHEN 'community' THEN 12 END),
            CONSTRAINT ck_areas_known_level CHECK (
                level IN ('province', 'city', 'district', 'street', 'community')),
            CONSTRAINT ck_areas_parent_code CHECK (
                (parent_code IS NULL) = (level = 'province')
                AND starts_with(code, coalesce(parent_code, ''))),
            CONSTRAINT fk_areas_parent_code FOREIGN KEY (parent_code) REFERENCES areas (code)
        )
    """)
    op.execute("CREATE INDEX ix_areas_parent_code_code ON areas (parent_code, code)")
    op.execute("CREATE INDEX ix_areas_level_code ON areas (level, code)")
    op.execute("""
        CREATE TABLE area_imports (
            id uuid NOT NULL CONSTRAINT pk_area_imports PRIMARY KEY,
            file_sha256 text NOT NULL,
            rows integer NOT NULL,
            added integer NOT NULL,
            changed integer NOT NULL,
            unchanged integer NOT NULL,
            imported_at timestamptz NOT NULL,
            CONSTRAINT ck_area_imports_rows CHECK (rows = added + changed + unchanged)
        )
    """)


def _create_cases() -> None:
    op.execute("""
        CREATE TABLE case_counters (
            district_code text COLLATE "C" NOT NULL,
            day date NOT NULL,
            last_sequence integer NOT NULL,
            CONSTRAINT pk_case_counters PRIMARY KEY (district_code, day)
        )
    """)
    op.execute("""
        CREATE TABLE cases (
            id uuid NOT NULL CONSTRAINT pk_cases PRIMARY KEY,
            case_number text NOT NULL CONSTRAINT uq_cases_case_number UNIQUE,
            kind text NOT NULL CONSTRAINT ck_cases_kind CHECK (kind IN ('rectification')),
            area_code text COLLATE "C" NOT NULL
                CONSTRAINT fk_cases_area_code REFERENCES areas (code),
            title text NOT NULL,
            description text NOT NULL,
            severity smallint NOT NULL,
            finding_id uuid CONSTRAINT uq_cases_finding_id UNIQUE,
            deadline timestamptz NOT NULL,
            state text NOT NULL,
            filed_at timestamptz NOT NULL,
            resolved_at timestamptz,
            resolved_by uuid,
            resolution text,
            closed_at timestamptz,
            closed_by uuid,
            times_returned integer NOT NULL,
            version bigint NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT ck_cases_severity CHECK (severity BETWEEN 1 AND 5),
            CONSTRAINT ck_cases_state CHECK (state IN ('filed', 'resolved', 'closed')),
            CONSTRAINT ck_cases_resolved CHECK (
                num_nulls(resolved_at, resolved_by, resolution)
                = CASE state WHEN 'filed' THEN 3 ELSE 0 END),
            CONSTRAINT ck_cases_closed CHECK (
                num_nulls(closed_at, closed_by) = CASE state WHEN 'closed' THEN 0 ELSE 2 END),
            CONSTRAINT ck_cases_checked_by_another CHECK (closed_by <> resolved_by)
        )
    """)
    op.execute("CREATE INDEX ix_cases_area_code ON cases (area_code, id)")
    op.execute("CREATE INDEX ix_cases_state ON cases (state, id)")


def _create_case_steps() -> None:
    op.execute("""
        CREATE TABLE case_steps (
            id uuid NOT NULL CONSTRAINT pk_case_steps PRIMARY KEY,
            case_id uuid NOT NULL CONSTRAINT fk_case_steps_case_id REFERENCES cases (id),
            step text NOT NULL,
            person_id uuid,
            note text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT ck_case_steps_step CHECK (
                step IN ('filed', 'resolved', 'returned', 'closed'))
        )
    """)
    op.execute("CREATE INDEX ix_case_steps_case_id ON case_steps (case_id, id)")
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER case_steps_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_steps
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
