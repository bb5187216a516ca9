"""Owns the migration steps of the table of answered requests; services' migrations call them.

A step that was released never changes: the next change of a table is a new step.
"""

from alembic import op


def step_1_create() -> None:
    """Create idempotency_keys.

    A row is written twice within one transaction, as a claim and with its answer; nobody else
    ever sees one without an answer.
    """
    op.execute("""
        CREATE TABLE idempotency_keys (
            caller_id uuid NOT NULL,
            key text NOT NULL
                CONSTRAINT ck_idempotency_keys_key CHECK (key COLLATE "C" ~ '^[!-~]{1,255}$'),
            operation text NOT NULL,
            request_hash bytea,
            status smallint,
            headers jsonb,
            body bytea,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller_id, key),
            CONSTRAINT ck_idempotency_keys_answer
                CHECK (num_nulls(request_hash, status, headers, body) IN (0, 4))
        )
    """)
    op.execute("CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)")
