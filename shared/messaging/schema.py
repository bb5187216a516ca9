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


def step_2_parked_and_retention() -> None:
    """Let parked events be discarded, keep who did what with them, and find what may go.

    Code of step 1 goes on working. The outbox needs no index: its oldest rows have the lowest
    positions. The inbox's costs half a microsecond per claim; BRIN would cost as much, and its
    ranges never narrow again, so that after one turn of deleting and reusing pages it finds
    every page due (tried).
    """
    op.execute("CREATE INDEX ix_inbox_claimed_at ON inbox (claimed_at)")
    op.execute("""
        ALTER TABLE failed_events
            DROP CONSTRAINT ck_failed_events_state,
            ADD CONSTRAINT ck_failed_events_state
                CHECK (state IN ('waiting', 'parked', 'handled', 'discarded'))
    """)
    op.execute("CREATE INDEX ix_failed_events_state_id ON failed_events (state, id)")
    op.execute(
        "CREATE INDEX ix_failed_events_settled ON failed_events (settled_at)"
        " WHERE settled_at IS NOT NULL"
    )
    _create_failed_event_steps()


def _create_failed_event_steps() -> None:
    op.execute("""
        CREATE TABLE failed_event_steps (
            id uuid NOT NULL CONSTRAINT pk_failed_event_steps PRIMARY KEY,
            failed_event_id uuid NOT NULL
                CONSTRAINT fk_failed_event_steps_failed_event_id
                REFERENCES failed_events (id) ON DELETE CASCADE,
            action text NOT NULL CONSTRAINT ck_failed_event_steps_action
                CHECK (action IN ('replayed', 'discarded')),
            person text NOT NULL CONSTRAINT ck_failed_event_steps_person CHECK (person <> ''),
            reason text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT ck_failed_event_steps_reason CHECK (action = 'replayed' OR reason <> '')
        )
    """)
    op.execute(
        "CREATE INDEX ix_failed_event_steps_failed_event_id"
        " ON failed_event_steps (failed_event_id, id)"
    )
    op.execute("CREATE INDEX ix_failed_event_steps_action_at ON failed_event_steps (action, at)")
    # rows go with their event and in no other way change
    op.execute("""
        CREATE FUNCTION refuse_change_of_failed_event_steps() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'failed_event_steps is append-only'
                USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER tr_failed_event_steps_append_only
        BEFORE UPDATE OR TRUNCATE ON failed_event_steps
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_failed_event_steps()
    """)
