"""Owns the migration steps of the delivery tables; each service's migrations call them by number.

A step that was released never changes: the next change of a table is a new step.
"""

from alembic import op


def step_1_create() -> None:
    """Create outbox, inbox and failed_events."""
    op.execute("""
        CREATE TABLE outbox (
            position bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
            event_id uuid NOT NULL CONSTRAINT uq_outbox_event_id UNIQUE,
            event_type text NOT NULL,
            subject text NOT NULL,
            headers jsonb NOT NULL,
            body bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            sent_at timestamptz
        ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)
    """)
    op.execute("CREATE INDEX ix_outbox_unsent ON outbox (position) WHERE sent_at IS NULL")
    op.execute("""
        CREATE TABLE inbox (
            consumer text NOT NULL,
            event_id uuid NOT NULL,
            claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT pk_inbox PRIMARY KEY (consumer, event_id)
        )
    """)
    _create_failed_events()


def _create_failed_events() -> None:
    op.execute("""
        CREATE TABLE failed_events (
            id uuid NOT NULL CONSTRAINT pk_failed_events PRIMARY KEY,
            queue text NOT NULL,
            event_id uuid,
            event_type text NOT NULL,
            headers jsonb NOT NULL,
            body bytea NOT NULL,
            state text NOT NULL CONSTRAINT ck_failed_events_state
                CHECK (state IN ('waiting', 'parked', 'handled')),
            attempts integer NOT NULL,
            error text NOT NULL,
            next_attempt_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            settled_at timestamptz,
            CONSTRAINT ck_failed_events_due
                CHECK ((state = 'waiting') = (next_attempt_at IS NOT NULL))
        )
    """)
    op.execute(
        "CREATE UNIQUE INDEX uq_failed_events_queue_event_id ON failed_events (queue, event_id)"
    )
    op.execute(
        "CREATE INDEX ix_failed_events_due ON failed_events (next_attempt_at)"
        " WHERE state = 'waiting'"
    )
    op.execute(
        "CREATE INDEX ix_failed_events_open ON failed_events (state)"
        " WHERE state IN ('waiting', 'parked')"
    )
