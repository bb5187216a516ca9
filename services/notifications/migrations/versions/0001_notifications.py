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

CONCERNS = """
    CREATE TABLE concerns (
        subject_id uuid NOT NULL,
        person_id uuid NOT NULL,
        concerned_as text NOT NULL CONSTRAINT ck_concerns_concerned_as CHECK (concerned_as IN (
            'owner_first', 'owner_direct', 'resolver', 'checker', 'inspector', 'organiser',
            'volunteer')),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_concerns PRIMARY KEY (subject_id, person_id, concerned_as)
    );
"""

# the id is that of the event; data holds no personal data
ANNOUNCEMENTS = """
    CREATE TABLE announcements (
        id uuid NOT NULL CONSTRAINT pk_announcements PRIMARY KEY,
        template text NOT NULL,
        told text NOT NULL
            CONSTRAINT ck_announcements_told CHECK (told IN ('named', 'role', 'concerned')),
        area_code text COLLATE "C" NOT NULL,
        subject_ids uuid[] NOT NULL
            CONSTRAINT ck_announcements_subject_ids CHECK (cardinality(subject_ids) > 0),
        data jsonb NOT NULL,
        occurred_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX ix_announcements_concerned ON announcements USING gin (subject_ids)
        WHERE told = 'concerned';
"""

# "once": one message per announcement and person, one per announcement and role
MESSAGES = """
    CREATE TABLE messages (
        id uuid NOT NULL CONSTRAINT pk_messages PRIMARY KEY,
        announcement_id uuid NOT NULL
            CONSTRAINT fk_messages_announcement_id REFERENCES announcements (id),
        person_id uuid,
        role text,
        area_code text COLLATE "C",
        excluded_ids uuid[] NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT ck_messages_to CHECK (num_nonnulls(person_id, role) = 1),
        CONSTRAINT ck_messages_area_code CHECK ((role IS NULL) = (area_code IS NULL))
    );
    CREATE UNIQUE INDEX uq_messages_announcement_person ON messages (announcement_id, person_id)
        WHERE person_id IS NOT NULL;
    CREATE UNIQUE INDEX uq_messages_announcement_role ON messages (announcement_id, role)
        WHERE role IS NOT NULL;
    CREATE INDEX ix_messages_person_id_id ON messages (person_id, id) WHERE person_id IS NOT NULL;
    CREATE INDEX ix_messages_role_area_code_id ON messages (role, area_code, id)
        WHERE role IS NOT NULL;
    CREATE TABLE message_reads (
        person_id uuid NOT NULL,
        message_id uuid NOT NULL
            CONSTRAINT fk_message_reads_message_id REFERENCES messages (id),
        read_at timestamptz NOT NULL,
        CONSTRAINT pk_message_reads PRIMARY KEY (person_id, message_id)
    );
"""

RECIPIENTS = """
    CREATE TABLE recipients (
        person_id uuid NOT NULL CONSTRAINT pk_recipients PRIMARY KEY,
        email bytea,
        phone bytea,
        language text NOT NULL
            CONSTRAINT ck_recipients_language CHECK (language IN ('zh-CN', 'en')),
        email_wanted boolean NOT NULL,
        updated_at timestamptz NOT NULL,
        version bigint NOT NULL CONSTRAINT ck_recipients_version CHECK (version >= 1),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
"""

# due_at: of a waiting one, when it is tried next; of one being sent, when its lease ends
DELIVERIES = """
    CREATE TABLE deliveries (
        id uuid NOT NULL CONSTRAINT pk_deliveries PRIMARY KEY,
        message_id uuid NOT NULL
            CONSTRAINT fk_deliveries_message_id REFERENCES messages (id),
        channel text NOT NULL CONSTRAINT ck_deliveries_channel CHECK (channel IN ('email')),
        state text NOT NULL CONSTRAINT ck_deliveries_state
            CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')),
        attempts integer NOT NULL CONSTRAINT ck_deliveries_attempts CHECK (attempts >= 0),
        due_at timestamptz NOT NULL,
        answer text,
        failure text CONSTRAINT ck_deliveries_failure CHECK (failure IN ('refused', 'unreachable')),
        created_at timestamptz NOT NULL,
        settled_at timestamptz,
        CONSTRAINT uq_deliveries_message_id_channel UNIQUE (message_id, channel),
        CONSTRAINT ck_deliveries_failed CHECK ((failure IS NOT NULL) = (state = 'failed')),
        CONSTRAINT ck_deliveries_settled
            CHECK ((settled_at IS NULL) = (state IN ('waiting', 'sending')))
    );
    CREATE INDEX ix_deliveries_due ON deliveries (due_at) WHERE state IN ('waiting', 'sending');
    CREATE INDEX ix_deliveries_state_id ON deliveries (state, id);
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
    for statements in (CONCERNS, ANNOUNCEMENTS, MESSAGES, RECIPIENTS, DELIVERIES):
        op.execute(statements)
