"""Owns the migration steps of the tables of personal data; services' migrations call them.

A step that was released never changes: the next change of a table is a new step.
"""

from alembic import op


def step_1_create() -> None:
    """Create person_keys and erasure_log.

    `key_id` is read out of the sealed key (shared/privacy/keyring.py has the form), so that it
    can't say another thing.
    """
    op.execute("""
        CREATE TABLE person_keys (
            person_id uuid NOT NULL CONSTRAINT pk_person_keys PRIMARY KEY,
            wrapped bytea NOT NULL,
            key_id text NOT NULL GENERATED ALWAYS AS
                (encode(substring(wrapped FROM 3 FOR get_byte(wrapped, 1)), 'escape')) STORED,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT ck_person_keys_wrapped CHECK (get_byte(wrapped, 0) = 1)
        )
    """)
    op.execute("""
        CREATE TABLE erasure_log (
            person_id uuid NOT NULL CONSTRAINT pk_erasure_log PRIMARY KEY,
            erased_at timestamptz NOT NULL,
            by_id uuid NOT NULL,
            reason text NOT NULL CONSTRAINT ck_erasure_log_reason CHECK (reason ~ '\\S')
        )
    """)
    op.execute("""
        CREATE FUNCTION refuse_change_of_erasure_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'erasure_log is append-only' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER tr_erasure_log_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure_log
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_erasure_log()
    """)
