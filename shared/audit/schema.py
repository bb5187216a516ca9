"""Owns the migration steps of the audit; services' migrations call them.

A step that was released never changes: the next change of a table is a new step.
"""

from alembic import op


def step_1_create() -> None:
    """Create audit_log and its head.

    The triggers stop mistakes and the service itself; who owns the tables can switch them off,
    and `linli audit verify` finds what was done then.
    """
    op.execute("""
        CREATE TABLE audit_log (
            position bigint NOT NULL CONSTRAINT pk_audit_log PRIMARY KEY,
            at timestamptz NOT NULL,
            who text NOT NULL CONSTRAINT ck_audit_log_who CHECK (who <> ''),
            action text NOT NULL CONSTRAINT ck_audit_log_action CHECK (action <> ''),
            subject text NOT NULL CONSTRAINT ck_audit_log_subject CHECK (subject <> ''),
            facts jsonb NOT NULL,
            previous bytea NOT NULL,
            hash bytea NOT NULL,
            CONSTRAINT ck_audit_log_position CHECK (position >= 1)
        )
    """)
    for column in ("subject", "who", "action"):
        op.execute(f"CREATE INDEX ix_audit_log_{column} ON audit_log ({column}, position)")
    op.execute("""
        CREATE TABLE audit_head (
            sole boolean NOT NULL CONSTRAINT pk_audit_head PRIMARY KEY,
            position bigint NOT NULL,
            hash bytea NOT NULL,
            CONSTRAINT ck_audit_head_sole CHECK (sole)
        )
    """)
    op.execute(
        "INSERT INTO audit_head (sole, position, hash)"
        " VALUES (true, 0, decode(repeat('00', 32), 'hex'))"
    )
    _refuse_changes()


def _refuse_changes() -> None:
    op.execute("""
        CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER tr_audit_log_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()
    """)
    op.execute("""
        CREATE TRIGGER tr_audit_head_stays
        BEFORE DELETE OR TRUNCATE ON audit_head
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit()
    """)
    op.execute("""
        CREATE TRIGGER tr_audit_head_grows
        BEFORE UPDATE ON audit_head
        FOR EACH ROW WHEN (NEW.position <> OLD.position + 1)
        EXECUTE FUNCTION refuse_change_of_audit()
    """)
