"""Owns the first tables of `inspections`: areas, checklists, inspections, findings, delivery."""

from alembic import op

from shared.messaging import schema

revision = "0001"
down_revision = None

AREAS = """
    CREATE TABLE areas (
        code text COLLATE "C" NOT NULL CONSTRAINT pk_areas PRIMARY KEY,
        name text NOT NULL,
        level text NOT NULL CONSTRAINT ck_areas_level
            CHECK (level IN ('province', 'city', 'district', 'street', 'community')),
        version integer NOT NULL CONSTRAINT ck_areas_version CHECK (version > 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT ck_areas_code CHECK (code ~ '^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$')
    );
"""

# current_version is 0 only inside the transaction that makes version 1
CHECKLISTS = """
    CREATE TABLE checklists (
        id uuid NOT NULL CONSTRAINT pk_checklists PRIMARY KEY,
        code text COLLATE "C" NOT NULL CONSTRAINT uq_checklists_code UNIQUE,
        current_version integer NOT NULL
            CONSTRAINT ck_checklists_current_version CHECK (current_version >= 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE TABLE checklist_versions (
        id uuid NOT NULL CONSTRAINT pk_checklist_versions PRIMARY KEY,
        checklist_id uuid NOT NULL
            CONSTRAINT fk_checklist_versions_checklist_id REFERENCES checklists (id),
        version integer NOT NULL CONSTRAINT ck_checklist_versions_version CHECK (version > 0),
        title text NOT NULL CONSTRAINT ck_checklist_versions_title CHECK (title <> ''),
        published_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_checklist_versions_checklist_id_version UNIQUE (checklist_id, version)
    );
    CREATE TABLE checklist_items (
        id uuid NOT NULL CONSTRAINT pk_checklist_items PRIMARY KEY,
        checklist_version_id uuid NOT NULL
            CONSTRAINT fk_checklist_items_checklist_version_id REFERENCES checklist_versions (id),
        position integer NOT NULL CONSTRAINT ck_checklist_items_position CHECK (position >= 0),
        code text NOT NULL,
        title text NOT NULL CONSTRAINT ck_checklist_items_title CHECK (title <> ''),
        severity integer NOT NULL
            CONSTRAINT ck_checklist_items_severity CHECK (severity BETWEEN 1 AND 5),
        points integer NOT NULL
            CONSTRAINT ck_checklist_items_points CHECK (points BETWEEN 1 AND 100),
        rectify_within_days integer NOT NULL
            CONSTRAINT ck_checklist_items_days CHECK (rectify_within_days BETWEEN 1 AND 365),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_checklist_items_version_code UNIQUE (checklist_version_id, code),
        CONSTRAINT uq_checklist_items_version_position UNIQUE (checklist_version_id, position)
    );
"""

INSPECTIONS = """
    CREATE TABLE inspections (
        id uuid NOT NULL CONSTRAINT pk_inspections PRIMARY KEY,
        area_code text COLLATE "C" NOT NULL
            CONSTRAINT fk_inspections_area_code REFERENCES areas (code),
        checklist_version_id uuid NOT NULL
            CONSTRAINT fk_inspections_checklist_version_id REFERENCES checklist_versions (id),
        inspector_id uuid NOT NULL,
        mode text NOT NULL
            CONSTRAINT ck_inspections_mode CHECK (mode IN ('open', 'covert', 'spot')),
        inspected_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        points integer NOT NULL,
        points_possible integer NOT NULL,
        failed_items integer NOT NULL,
        version integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT ck_inspections_area_code CHECK (length(area_code) = 12),
        CONSTRAINT ck_inspections_points CHECK (points BETWEEN 0 AND points_possible),
        CONSTRAINT ck_inspections_failed_items
            CHECK (failed_items >= 0 AND (failed_items = 0) = (points = points_possible)),
        CONSTRAINT ck_inspections_inspected_at CHECK (inspected_at <= recorded_at)
    );
    CREATE INDEX ix_inspections_area_code_id ON inspections (area_code, id);
    CREATE TABLE inspection_results (
        id uuid NOT NULL CONSTRAINT pk_inspection_results PRIMARY KEY,
        inspection_id uuid NOT NULL
            CONSTRAINT fk_inspection_results_inspection_id REFERENCES inspections (id),
        item_id uuid NOT NULL
            CONSTRAINT fk_inspection_results_item_id REFERENCES checklist_items (id),
        passed boolean NOT NULL,
        note text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_inspection_results_inspection_id_item_id UNIQUE (inspection_id, item_id),
        CONSTRAINT ck_inspection_results_note CHECK (passed OR note <> '')
    );
"""

FINDINGS = """
    CREATE TABLE findings (
        id uuid NOT NULL CONSTRAINT pk_findings PRIMARY KEY,
        inspection_id uuid NOT NULL
            CONSTRAINT fk_findings_inspection_id REFERENCES inspections (id),
        area_code text COLLATE "C" NOT NULL,
        checklist_code text NOT NULL,
        item_code text NOT NULL,
        title text NOT NULL,
        severity integer NOT NULL CONSTRAINT ck_findings_severity CHECK (severity BETWEEN 1 AND 5),
        note text NOT NULL CONSTRAINT ck_findings_note CHECK (note <> ''),
        deadline timestamptz NOT NULL,
        raised_at timestamptz NOT NULL,
        state text NOT NULL
            CONSTRAINT ck_findings_state CHECK (state IN ('raised', 'in_rectification', 'closed')),
        case_id uuid,
        case_number text,
        case_version integer,
        closed_at timestamptz,
        overdue boolean,
        version integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_findings_inspection_id_item_code UNIQUE (inspection_id, item_code),
        CONSTRAINT ck_findings_case
            CHECK (num_nonnulls(case_id, case_number, case_version)
                   = CASE state WHEN 'raised' THEN 0 ELSE 3 END),
        CONSTRAINT ck_findings_closed
            CHECK (num_nonnulls(closed_at, overdue) = CASE state WHEN 'closed' THEN 2 ELSE 0 END)
    );
    CREATE INDEX ix_findings_area_code_id ON findings (area_code, id);
    CREATE INDEX ix_findings_open ON findings (area_code, id) WHERE state <> 'closed';
    CREATE TABLE finding_steps (
        id uuid NOT NULL CONSTRAINT pk_finding_steps PRIMARY KEY,
        finding_id uuid NOT NULL
            CONSTRAINT fk_finding_steps_finding_id REFERENCES findings (id),
        state text NOT NULL CONSTRAINT ck_finding_steps_state
            CHECK (state IN ('raised', 'in_rectification', 'closed')),
        finding_version integer NOT NULL,
        case_version integer,
        taken_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_finding_steps_finding_id_version UNIQUE (finding_id, finding_version)
    );
"""

APPEND_ONLY = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER tr_finding_steps_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON finding_steps
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER tr_checklist_versions_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON checklist_versions
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER tr_checklist_items_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON checklist_items
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER tr_inspection_results_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON inspection_results
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create everything."""
    for statements in (AREAS, CHECKLISTS, INSPECTIONS, FINDINGS, APPEND_ONLY):
        op.execute(statements)
    schema.step_1_create()
