"""Give cases a class, two owners and residents' reports; posts that own them; limits by address.

Rows and code of step 0003 stay valid: a case that was filed waits for its owners, one that was
resolved or closed may have none.
"""

from alembic import op

from shared.http import rate_limits_schema as rate_limits

revision = "0004"
down_revision = "0003"

_OWNER = ("post_id", "post_code", "post_name", "first_responsible_id", "directly_responsible_id")
_TERRITORIAL, _FUNCTIONAL = (
    ", ".join(f"{branch}_{part}" for part in _OWNER) for branch in ("territorial", "functional")
)


def upgrade() -> None:
    """Add what cases gain, the posts, the reports and the limits."""
    _create_posts()
    _widen_cases()
    _renew_checks_of_cases()
    _index_cases()
    _widen_steps()
    _create_reports()
    rate_limits.step_1_create()


def _create_posts() -> None:
    whole = """
        name text NOT NULL,
        branch text NOT NULL,
        area_code text COLLATE "C" NOT NULL,
        case_classes text[] NOT NULL,
        first_responsible_id uuid NOT NULL,
        directly_responsible_id uuid NOT NULL,
        active boolean NOT NULL,
        version bigint NOT NULL,
    """
    op.execute(f"""
        CREATE TABLE posts (
            id uuid NOT NULL CONSTRAINT pk_posts PRIMARY KEY,
            code text COLLATE "C" NOT NULL CONSTRAINT uq_posts_code UNIQUE,
            {whole}
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            CONSTRAINT fk_posts_area_code FOREIGN KEY (area_code) REFERENCES areas (code),
            CONSTRAINT ck_posts_branch CHECK (branch IN ('territorial', 'functional')),
            CONSTRAINT ck_posts_area_code CHECK (length(area_code) BETWEEN 4 AND 12),
            CONSTRAINT ck_posts_case_classes CHECK (branch = 'functional' OR case_classes = '{{}}'),
            CONSTRAINT ck_posts_two_persons
                CHECK (first_responsible_id <> directly_responsible_id),
            CONSTRAINT ck_posts_version CHECK (version >= 1)
        )
    """)
    op.execute("CREATE INDEX ix_posts_area_code ON posts (area_code, code)")
    op.execute(f"""
        CREATE TABLE post_versions (
            post_id uuid NOT NULL CONSTRAINT fk_post_versions_post_id REFERENCES posts (id),
            {whole}
            changed_by uuid NOT NULL,
            changed_at timestamptz NOT NULL,
            CONSTRAINT pk_post_versions PRIMARY KEY (post_id, version)
        )
    """)
    op.execute("""
        CREATE TRIGGER post_versions_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON post_versions
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)


def _widen_cases() -> None:
    owners = ", ".join(
        f"ADD COLUMN {branch}_{part} {'uuid' if part.endswith('_id') else 'text'}"
        for branch in ("territorial", "functional")
        for part in _OWNER
    )
    op.execute(f"""
        ALTER TABLE cases
            ADD COLUMN case_class text NOT NULL DEFAULT 'unclassified',
            ADD COLUMN times_reopened integer NOT NULL DEFAULT 0,
            ADD COLUMN place text,
            ADD COLUMN reported_at timestamptz,
            ADD COLUMN refused_at timestamptz,
            ADD COLUMN refused_by uuid,
            ADD COLUMN refusal text,
            ADD COLUMN dispatched_at timestamptz,
            ADD COLUMN reply text,
            {owners},
            ALTER COLUMN case_number DROP NOT NULL,
            ALTER COLUMN deadline DROP NOT NULL,
            ALTER COLUMN filed_at DROP NOT NULL
    """)


def _renew_checks_of_cases() -> None:
    op.execute(f"""
        ALTER TABLE cases
            DROP CONSTRAINT ck_cases_kind,
            DROP CONSTRAINT ck_cases_state,
            DROP CONSTRAINT ck_cases_resolved,
            ADD CONSTRAINT ck_cases_kind CHECK (
                CASE kind WHEN 'rectification' THEN reported_at IS NULL AND finding_id IS NOT NULL
                    WHEN 'street_problem' THEN reported_at IS NOT NULL AND finding_id IS NULL
                    ELSE false END),
            ADD CONSTRAINT ck_cases_state CHECK (
                state IN ('reported', 'refused', 'filed', 'dispatched', 'resolved', 'closed')),
            ADD CONSTRAINT ck_cases_filed CHECK (
                num_nulls(case_number, deadline, filed_at)
                = CASE WHEN state IN ('reported', 'refused') THEN 3 ELSE 0 END),
            ADD CONSTRAINT ck_cases_refused CHECK (
                num_nulls(refused_at, refused_by, refusal)
                = CASE state WHEN 'refused' THEN 0 ELSE 3 END),
            ADD CONSTRAINT ck_cases_resolved CHECK (
                num_nulls(resolved_at, resolved_by, resolution)
                = CASE WHEN state IN ('resolved', 'closed') THEN 0 ELSE 3 END),
            ADD CONSTRAINT ck_cases_owners CHECK (
                num_nulls({_TERRITORIAL}, {_FUNCTIONAL}) IN (0, 10)
                AND (state <> 'dispatched' OR territorial_post_id IS NOT NULL)
                AND (dispatched_at IS NULL) = (territorial_post_id IS NULL))
    """)


def _index_cases() -> None:
    op.execute("CREATE INDEX ix_cases_case_class ON cases (case_class, id)")
    op.execute(
        "CREATE INDEX ix_cases_waiting ON cases (area_code, case_class, id) WHERE state = 'filed'"
    )
    op.execute("""
        CREATE INDEX ix_cases_open_deadline ON cases (deadline, id)
        WHERE state IN ('filed', 'dispatched', 'resolved')
    """)
    op.execute("""
        CREATE TABLE case_persons (
            person_id uuid NOT NULL,
            case_id uuid NOT NULL CONSTRAINT fk_case_persons_case_id REFERENCES cases (id),
            CONSTRAINT pk_case_persons PRIMARY KEY (person_id, case_id)
        )
    """)


def _widen_steps() -> None:
    op.execute("""
        ALTER TABLE case_steps
            ADD COLUMN cause_id uuid,
            DROP CONSTRAINT ck_case_steps_step,
            ADD CONSTRAINT ck_case_steps_step CHECK (
                step IN ('reported', 'refused', 'filed', 'dispatched', 'resolved', 'returned',
                    'closed', 'reopened'))
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_case_steps_cause_id ON case_steps (cause_id)
        WHERE cause_id IS NOT NULL
    """)


def _create_reports() -> None:
    op.execute("""
        CREATE TABLE reports (
            tracking_hash bytea NOT NULL CONSTRAINT pk_reports PRIMARY KEY,
            case_id uuid NOT NULL CONSTRAINT fk_reports_case_id REFERENCES cases (id),
            reported_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_reports_case_id ON reports (case_id)")
