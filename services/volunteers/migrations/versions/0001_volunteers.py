"""Create the tables of delivery, of access and of personal data, and this service's own."""

from alembic import op

from shared.audit import schema as audit
from shared.auth import schema as auth
from shared.http import idempotency_schema as idempotency
from shared.messaging import schema as delivery
from shared.privacy import schema as privacy
from shared.register import schema as register

revision = "0001"
down_revision = None

CASES = """
    CREATE TABLE cases (
        id uuid NOT NULL CONSTRAINT pk_cases PRIMARY KEY,
        case_number text NOT NULL,
        area_code text COLLATE "C" NOT NULL,
        title text NOT NULL,
        is_open boolean NOT NULL,
        version bigint NOT NULL CONSTRAINT ck_cases_version CHECK (version > 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
"""

VOLUNTEERS = """
    CREATE TABLE volunteers (
        id uuid NOT NULL CONSTRAINT pk_volunteers PRIMARY KEY,
        area_code text COLLATE "C" NOT NULL
            CONSTRAINT fk_volunteers_area_code REFERENCES areas (code)
            CONSTRAINT ck_volunteers_area_code CHECK (length(area_code) = 12),
        real_name bytea NOT NULL,
        id_number bytea,
        id_number_index bytea CONSTRAINT uq_volunteers_id_number_index UNIQUE,
        state text NOT NULL CONSTRAINT ck_volunteers_state CHECK (state IN ('active', 'erased')),
        registered_at timestamptz NOT NULL,
        version bigint NOT NULL CONSTRAINT ck_volunteers_version CHECK (version > 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        -- erasure takes the index away; the sealed number stays, unreadable
        CONSTRAINT ck_volunteers_id_number
            CHECK (state = 'erased' OR (id_number IS NULL) = (id_number_index IS NULL))
    );
    CREATE INDEX ix_volunteers_area_code_registered_at
        ON volunteers (area_code, registered_at, id);
"""

ACTIVITIES = """
    CREATE TABLE activities (
        id uuid NOT NULL CONSTRAINT pk_activities PRIMARY KEY,
        area_code text COLLATE "C" NOT NULL
            CONSTRAINT fk_activities_area_code REFERENCES areas (code)
            CONSTRAINT ck_activities_area_code CHECK (length(area_code) = 12),
        kind text NOT NULL CONSTRAINT ck_activities_kind CHECK (kind ~ '^[a-z]+(_[a-z]+)*$'),
        title text NOT NULL CONSTRAINT ck_activities_title CHECK (title ~ '\\S'),
        place text NOT NULL CONSTRAINT ck_activities_place CHECK (place ~ '\\S'),
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        places integer NOT NULL CONSTRAINT ck_activities_places CHECK (places BETWEEN 1 AND 500),
        taken integer NOT NULL CONSTRAINT ck_activities_taken CHECK (taken BETWEEN 0 AND places),
        case_id uuid CONSTRAINT fk_activities_case_id REFERENCES cases (id),
        organiser_id uuid NOT NULL,
        state text NOT NULL
            CONSTRAINT ck_activities_state CHECK (state IN ('published', 'cancelled')),
        published_at timestamptz NOT NULL,
        cancelled_at timestamptz,
        cancelled_by uuid,
        reason text,
        check_in_code bytea NOT NULL,
        version bigint NOT NULL CONSTRAINT ck_activities_version CHECK (version > 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT ck_activities_period
            CHECK (ends_at > starts_at AND ends_at - starts_at <= interval '12 hours'),
        CONSTRAINT ck_activities_cancelled CHECK (num_nonnulls(cancelled_at, cancelled_by, reason)
            = CASE state WHEN 'cancelled' THEN 3 ELSE 0 END)
    );
    CREATE INDEX ix_activities_area_code_id ON activities (area_code, id);
    CREATE INDEX ix_activities_area_code_starts_at ON activities (area_code, starts_at, id);
    CREATE INDEX ix_activities_case_id ON activities (case_id) WHERE case_id IS NOT NULL;
"""

SIGN_UPS = """
    CREATE TABLE sign_ups (
        id uuid NOT NULL CONSTRAINT pk_sign_ups PRIMARY KEY,
        activity_id uuid NOT NULL
            CONSTRAINT fk_sign_ups_activity_id REFERENCES activities (id),
        volunteer_id uuid NOT NULL
            CONSTRAINT fk_sign_ups_volunteer_id REFERENCES volunteers (id),
        state text NOT NULL
            CONSTRAINT ck_sign_ups_state CHECK (state IN ('signed_up', 'withdrawn')),
        signed_up_at timestamptz NOT NULL,
        withdrawn_at timestamptz,
        wrong_codes integer NOT NULL
            CONSTRAINT ck_sign_ups_wrong_codes CHECK (wrong_codes BETWEEN 0 AND 5),
        version bigint NOT NULL CONSTRAINT ck_sign_ups_version CHECK (version > 0),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT uq_sign_ups_activity_id_volunteer_id UNIQUE (activity_id, volunteer_id),
        CONSTRAINT ck_sign_ups_withdrawn
            CHECK ((withdrawn_at IS NOT NULL) = (state = 'withdrawn'))
    );
    CREATE INDEX ix_sign_ups_volunteer_id ON sign_ups (volunteer_id, id);
    CREATE TABLE sign_up_steps (
        id uuid NOT NULL CONSTRAINT pk_sign_up_steps PRIMARY KEY,
        sign_up_id uuid NOT NULL
            CONSTRAINT fk_sign_up_steps_sign_up_id REFERENCES sign_ups (id),
        state text NOT NULL
            CONSTRAINT ck_sign_up_steps_state CHECK (state IN ('signed_up', 'withdrawn')),
        person_id uuid NOT NULL,
        at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX ix_sign_up_steps_sign_up_id ON sign_up_steps (sign_up_id, id);
    CREATE TABLE attendances (
        id uuid NOT NULL CONSTRAINT pk_attendances PRIMARY KEY,
        sign_up_id uuid NOT NULL
            CONSTRAINT fk_attendances_sign_up_id REFERENCES sign_ups (id)
            CONSTRAINT uq_attendances_sign_up_id UNIQUE,
        checked_in_at timestamptz NOT NULL,
        checked_out_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT ck_attendances_order CHECK (checked_out_at >= checked_in_at)
    );
"""

# attendance_id is empty for hours that somebody attests, which have no check-in
HOURS = """
    CREATE TABLE hours_entries (
        position bigint NOT NULL CONSTRAINT pk_hours_entries PRIMARY KEY
            CONSTRAINT ck_hours_entries_position CHECK (position >= 1),
        id uuid NOT NULL CONSTRAINT uq_hours_entries_id UNIQUE,
        volunteer_id uuid NOT NULL
            CONSTRAINT fk_hours_entries_volunteer_id REFERENCES volunteers (id),
        activity_id uuid NOT NULL
            CONSTRAINT fk_hours_entries_activity_id REFERENCES activities (id),
        attendance_id uuid
            CONSTRAINT fk_hours_entries_attendance_id REFERENCES attendances (id)
            CONSTRAINT uq_hours_entries_attendance_id UNIQUE,
        activity_title text NOT NULL,
        area_code text COLLATE "C" NOT NULL,
        case_id uuid,
        kind text NOT NULL
            CONSTRAINT ck_hours_entries_kind CHECK (kind IN ('measured', 'attested')),
        minutes integer NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at timestamptz NOT NULL,
        recorded_by uuid NOT NULL,
        recorded_at timestamptz NOT NULL,
        previous bytea NOT NULL,
        hash bytea NOT NULL,
        CONSTRAINT ck_hours_entries_measured
            CHECK ((kind = 'measured') = (attendance_id IS NOT NULL)),
        CONSTRAINT ck_hours_entries_minutes
            CHECK (minutes >= 0 AND minutes * interval '1 minute' <= ended_at - started_at)
    );
    CREATE INDEX ix_hours_entries_volunteer_id ON hours_entries (volunteer_id, position);
    CREATE INDEX ix_hours_entries_area_code ON hours_entries (area_code, position);
    CREATE TABLE hours_head (
        sole boolean NOT NULL CONSTRAINT pk_hours_head PRIMARY KEY
            CONSTRAINT ck_hours_head_sole CHECK (sole),
        position bigint NOT NULL,
        hash bytea NOT NULL
    );
    INSERT INTO hours_head (sole, position, hash)
        VALUES (true, 0, decode(repeat('00', 32), 'hex'));
"""

# the triggers stop mistakes and the service itself; who owns the tables can switch them off, and
# `linli hours verify` finds what was done then
APPEND_ONLY = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER tr_sign_up_steps_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON sign_up_steps
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER tr_hours_entries_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON hours_entries
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER tr_hours_head_stays
        BEFORE DELETE OR TRUNCATE ON hours_head
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER tr_hours_head_grows
        BEFORE UPDATE ON hours_head
        FOR EACH ROW WHEN (NEW.position <> OLD.position + 1)
        EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER tr_attendances_stay
        BEFORE DELETE OR TRUNCATE ON attendances
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER tr_attendances_end_once
        BEFORE UPDATE ON attendances
        FOR EACH ROW WHEN (OLD.checked_out_at IS NOT NULL
            OR NEW.checked_in_at <> OLD.checked_in_at OR NEW.sign_up_id <> OLD.sign_up_id)
        EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create everything."""
    delivery.step_1_create()
    delivery.step_2_parked_and_retention()
    auth.step_1_create()
    idempotency.step_1_create()
    audit.step_1_create()
    privacy.step_1_create()
    register.step_1_create()
    for statements in (CASES, VOLUNTEERS, ACTIVITIES, SIGN_UPS, HOURS, APPEND_ONLY):
        op.execute(statements)
