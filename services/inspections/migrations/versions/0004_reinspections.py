"""Let a finding wait for its re-inspection, and hold re-inspections.

Findings that the code before closed without one stay closed.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

# who had a part can't decide, whatever the code above does
REINSPECTIONS = """
    CREATE TABLE reinspections (
        id uuid NOT NULL CONSTRAINT pk_reinspections PRIMARY KEY,
        finding_id uuid NOT NULL
            CONSTRAINT fk_reinspections_finding_id REFERENCES findings (id),
        case_id uuid NOT NULL,
        case_version integer NOT NULL
            CONSTRAINT ck_reinspections_case_version CHECK (case_version > 0),
        area_code text COLLATE "C" NOT NULL,
        title text NOT NULL,
        state text NOT NULL
            CONSTRAINT ck_reinspections_state CHECK (state IN ('open', 'passed', 'failed')),
        opened_at timestamptz NOT NULL,
        overdue boolean NOT NULL,
        first_inspector_id uuid NOT NULL,
        rectifier_ids uuid[] NOT NULL,
        checker_ids uuid[] NOT NULL,
        responsible_ids uuid[] NOT NULL,
        inspector_id uuid,
        decided_at timestamptz,
        note text CONSTRAINT ck_reinspections_note CHECK (note <> ''),
        deadline timestamptz,
        version integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_reinspections_finding_id_case_version UNIQUE (finding_id, case_version),
        CONSTRAINT ck_reinspections_decided
            CHECK (num_nonnulls(inspector_id, decided_at, note)
                   = CASE state WHEN 'open' THEN 0 ELSE 3 END),
        CONSTRAINT ck_reinspections_deadline CHECK ((deadline IS NOT NULL) = (state = 'failed')),
        CONSTRAINT ck_reinspections_independent
            CHECK (inspector_id <> first_inspector_id AND inspector_id
                   <> ALL (rectifier_ids || checker_ids || responsible_ids))
    );
    CREATE UNIQUE INDEX uq_reinspections_open ON reinspections (finding_id) WHERE state = 'open';
    CREATE INDEX ix_reinspections_area_code_id ON reinspections (area_code, id);
    CREATE INDEX ix_reinspections_open ON reinspections (area_code, id) WHERE state = 'open';
    CREATE TRIGGER tr_reinspections_decided
        BEFORE UPDATE OR DELETE ON reinspections
        FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION refuse_change();
"""

FINDINGS = """
    ALTER TABLE findings DROP CONSTRAINT ck_findings_state;
    ALTER TABLE findings ADD CONSTRAINT ck_findings_state
        CHECK (state IN ('raised', 'in_rectification', 'awaiting_reinspection', 'closed'));
    ALTER TABLE finding_steps DROP CONSTRAINT ck_finding_steps_state;
    ALTER TABLE finding_steps ADD CONSTRAINT ck_finding_steps_state
        CHECK (state IN ('raised', 'in_rectification', 'awaiting_reinspection', 'closed'));
    ALTER TABLE finding_steps ADD COLUMN reinspection_id uuid
        CONSTRAINT fk_finding_steps_reinspection_id REFERENCES reinspections (id);
"""


def upgrade() -> None:
    """Widen what the code of step 0003 knows; it goes on working."""
    op.execute(REINSPECTIONS)
    op.execute(FINDINGS)
