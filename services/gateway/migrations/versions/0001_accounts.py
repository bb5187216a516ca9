"""Create the tables of delivery, of access and of personal data, and the accounts."""

from alembic import op

from shared.audit import schema as audit
from shared.auth import schema as auth
from shared.http import idempotency_schema as idempotency
from shared.messaging import schema as delivery
from shared.privacy import schema as privacy

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    delivery.step_1_create()
    delivery.step_2_parked_and_retention()
    auth.step_1_create()
    idempotency.step_1_create()
    audit.step_1_create()
    privacy.step_1_create()
    _create_accounts()
    _create_grants()
    _create_activations()


def _create_accounts() -> None:
    op.execute("""
        CREATE TABLE accounts (
            id uuid NOT NULL CONSTRAINT pk_accounts PRIMARY KEY,
            username text COLLATE "C" NOT NULL CONSTRAINT uq_accounts_username UNIQUE
                CONSTRAINT ck_accounts_username CHECK (username ~ '^[a-z0-9][a-z0-9._-]{2,63}$'),
            display_name bytea NOT NULL,
            state text NOT NULL
                CONSTRAINT ck_accounts_state CHECK (state IN ('active', 'blocked', 'closed')),
            password_hash text,
            token_version bigint NOT NULL
                CONSTRAINT ck_accounts_token_version CHECK (token_version >= 1),
            created_by text NOT NULL,
            created_at timestamptz NOT NULL,
            version bigint NOT NULL CONSTRAINT ck_accounts_version CHECK (version >= 1),
            CONSTRAINT ck_accounts_closed CHECK (state <> 'closed' OR password_hash IS NULL)
        )
    """)


def _create_grants() -> None:
    op.execute("""
        CREATE TABLE account_grants (
            id uuid NOT NULL CONSTRAINT pk_account_grants PRIMARY KEY,
            account_id uuid NOT NULL
                CONSTRAINT fk_account_grants_account_id REFERENCES accounts (id),
            role text NOT NULL,
            areas text[] NOT NULL
                CONSTRAINT ck_account_grants_areas CHECK (cardinality(areas) <= 200),
            valid_from date NOT NULL,
            valid_until date,
            granted_by text NOT NULL,
            granted_at timestamptz NOT NULL,
            ended_by text,
            ended_at timestamptz,
            CONSTRAINT ck_account_grants_dates CHECK (valid_until >= valid_from),
            CONSTRAINT ck_account_grants_ended CHECK ((ended_by IS NULL) = (ended_at IS NULL)),
            CONSTRAINT ck_account_grants_role CHECK (role IN (
                'resident', 'volunteer', 'grid_officer', 'community_secretary',
                'zone_secretary', 'street_office', 'department_handler', 'inspector',
                'district_office', 'committee', 'operator', 'administrator')),
            CONSTRAINT ck_account_grants_somewhere
                CHECK (cardinality(areas) > 0 OR role IN ('operator', 'administrator'))
        )
    """)
    op.execute("CREATE INDEX ix_account_grants_account_id ON account_grants (account_id, id)")
    op.execute(
        "CREATE INDEX ix_account_grants_role ON account_grants (role) WHERE ended_at IS NULL"
    )


def _create_activations() -> None:
    op.execute("""
        CREATE TABLE account_activations (
            id uuid NOT NULL CONSTRAINT pk_account_activations PRIMARY KEY,
            account_id uuid NOT NULL
                CONSTRAINT fk_account_activations_account_id REFERENCES accounts (id),
            code_hash bytea NOT NULL,
            expires_at timestamptz NOT NULL,
            created_by text NOT NULL,
            created_at timestamptz NOT NULL,
            used_at timestamptz,
            voided_at timestamptz,
            CONSTRAINT ck_account_activations_end CHECK (used_at IS NULL OR voided_at IS NULL)
        )
    """)
    # one code of an account is good at any time
    op.execute(
        "CREATE UNIQUE INDEX uq_account_activations_open ON account_activations (account_id)"
        " WHERE used_at IS NULL AND voided_at IS NULL"
    )
