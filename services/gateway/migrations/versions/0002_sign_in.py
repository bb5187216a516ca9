"""Create sessions, API clients, signing keys, sign-in by an outside issuer, limits."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create everything that signing in keeps."""
    _create_sessions()
    _create_clients()
    _create_signing_keys()
    _create_oidc()
    _create_limits()


def _create_sessions() -> None:
    op.execute("""
        CREATE TABLE sessions (
            id uuid NOT NULL CONSTRAINT pk_sessions PRIMARY KEY,
            account_id uuid NOT NULL CONSTRAINT fk_sessions_account_id REFERENCES accounts (id),
            device text NOT NULL,
            network text NOT NULL,
            created_at timestamptz NOT NULL,
            last_used_at timestamptz NOT NULL,
            idle_until timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            ended_at timestamptz,
            end_reason text,
            CONSTRAINT ck_sessions_idle_until CHECK (idle_until <= expires_at),
            CONSTRAINT ck_sessions_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
            CONSTRAINT ck_sessions_end_reason CHECK (end_reason IN (
                'signed_out', 'signed_out_everywhere', 'password_changed', 'token_reused',
                'account_changed'))
        )
    """)
    # the living of one account, newest first
    op.execute("CREATE INDEX ix_sessions_live ON sessions (account_id, id) WHERE ended_at IS NULL")
    op.execute("CREATE INDEX ix_sessions_idle_until ON sessions (idle_until)")
    op.execute("""
        CREATE TABLE refresh_tokens (
            hash bytea NOT NULL CONSTRAINT pk_refresh_tokens PRIMARY KEY
                CONSTRAINT ck_refresh_tokens_hash CHECK (length(hash) = 32),
            session_id uuid NOT NULL
                CONSTRAINT fk_refresh_tokens_session_id
                REFERENCES sessions (id) ON DELETE CASCADE,
            created_at timestamptz NOT NULL,
            used_at timestamptz
        )
    """)
    # one token of a session is good at any time
    op.execute(
        "CREATE UNIQUE INDEX uq_refresh_tokens_unused ON refresh_tokens (session_id)"
        " WHERE used_at IS NULL"
    )
    op.execute("CREATE INDEX ix_refresh_tokens_session_id ON refresh_tokens (session_id)")


def _create_clients() -> None:
    op.execute("""
        CREATE TABLE api_clients (
            id uuid NOT NULL CONSTRAINT pk_api_clients PRIMARY KEY,
            name text NOT NULL CONSTRAINT ck_api_clients_name CHECK (name <> ''),
            scopes text[] NOT NULL,
            areas text[] NOT NULL,
            valid_until timestamptz,
            revoked_at timestamptz,
            created_by text NOT NULL,
            created_at timestamptz NOT NULL,
            version bigint NOT NULL CONSTRAINT ck_api_clients_version CHECK (version >= 1),
            CONSTRAINT ck_api_clients_scopes CHECK (cardinality(scopes) >= 1),
            CONSTRAINT ck_api_clients_areas CHECK (cardinality(areas) >= 1)
        )
    """)
    op.execute("""
        CREATE TABLE client_secrets (
            id uuid NOT NULL CONSTRAINT pk_client_secrets PRIMARY KEY,
            client_id uuid NOT NULL
                CONSTRAINT fk_client_secrets_client_id REFERENCES api_clients (id),
            hash bytea NOT NULL CONSTRAINT ck_client_secrets_hash CHECK (length(hash) = 32),
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            CONSTRAINT uq_client_secrets_hash UNIQUE (hash)
        )
    """)
    # the newest one alone has no end
    op.execute(
        "CREATE UNIQUE INDEX uq_client_secrets_newest ON client_secrets (client_id)"
        " WHERE expires_at IS NULL"
    )
    op.execute("CREATE INDEX ix_client_secrets_client_id ON client_secrets (client_id)")


def _create_signing_keys() -> None:
    op.execute("""
        CREATE TABLE gateway_signing_keys (
            kid text NOT NULL CONSTRAINT pk_gateway_signing_keys PRIMARY KEY,
            sealed bytea NOT NULL,
            x text NOT NULL,
            y text NOT NULL,
            announced_at timestamptz NOT NULL,
            signs_from timestamptz NOT NULL,
            expires_at timestamptz,
            set_version bigint NOT NULL,
            CONSTRAINT ck_gateway_signing_keys_signs_from CHECK (signs_from >= announced_at),
            CONSTRAINT ck_gateway_signing_keys_set_version CHECK (set_version >= 1)
        )
    """)
    # the newest one alone has no end
    op.execute(
        "CREATE UNIQUE INDEX uq_gateway_signing_keys_newest"
        " ON gateway_signing_keys ((true)) WHERE expires_at IS NULL"
    )


def _create_oidc() -> None:
    op.execute("""
        CREATE TABLE oidc_logins (
            state_hash bytea NOT NULL CONSTRAINT pk_oidc_logins PRIMARY KEY,
            browser_hash bytea NOT NULL,
            nonce text NOT NULL,
            sealed_verifier bytea NOT NULL,
            expires_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_oidc_logins_expires_at ON oidc_logins (expires_at)")
    op.execute("""
        CREATE TABLE oidc_identities (
            id uuid NOT NULL CONSTRAINT pk_oidc_identities PRIMARY KEY,
            account_id uuid NOT NULL
                CONSTRAINT fk_oidc_identities_account_id REFERENCES accounts (id),
            issuer text NOT NULL,
            subject_index bytea NOT NULL,
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT uq_oidc_identities_subject UNIQUE (issuer, subject_index),
            CONSTRAINT uq_oidc_identities_account UNIQUE (account_id, issuer)
        )
    """)


def _create_limits() -> None:
    op.execute("""
        CREATE TABLE rate_limits (
            what text NOT NULL,
            subject_hash bytea NOT NULL,
            used integer NOT NULL CONSTRAINT ck_rate_limits_used CHECK (used >= 1),
            ends_at timestamptz NOT NULL,
            CONSTRAINT pk_rate_limits PRIMARY KEY (what, subject_hash)
        )
    """)
    op.execute("CREATE INDEX ix_rate_limits_ends_at ON rate_limits (ends_at)")
    op.execute("""
        CREATE TABLE sign_in_tries (
            username_hash bytea NOT NULL CONSTRAINT pk_sign_in_tries PRIMARY KEY,
            count integer NOT NULL CONSTRAINT ck_sign_in_tries_count CHECK (count BETWEEN 1 AND 5),
            since timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            waits integer NOT NULL,
            locked_until timestamptz
        )
    """)
    op.execute("CREATE INDEX ix_sign_in_tries_last_at ON sign_in_tries (last_at)")
