"""Let posts have holders by day and a kind, and let a district activate its responsibility matrix.

Who answers today stays in `posts`, for those who read it there; `post_holdings` tells every day.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

_FILL = """
    INSERT INTO post_holdings (post_id, office, acting, since, person_id)
    SELECT p.id, 'OFFICE', false,
        (coalesce(min(v.changed_at), p.created_at) AT TIME ZONE 'Asia/Shanghai')::date,
        p.PERSON
    FROM posts p LEFT JOIN post_versions v ON v.post_id = p.id AND v.version > coalesce((
        SELECT max(w.version) FROM post_versions w
        WHERE w.post_id = p.id AND w.PERSON <> p.PERSON), 0)
    GROUP BY p.id
"""
_KINDS = "'leading_group', 'office', 'department', 'police', 'territorial'"


def upgrade() -> None:
    """Add kinds and holdings, and the matrices; the code of step 0006 goes on reading."""
    _widen_posts()
    _create_holdings()
    _fill_holdings()
    _create_matrices()


def _widen_posts() -> None:
    for table, name in (("posts", "posts"), ("post_versions", "post_versions")):
        op.execute(f"""
            ALTER TABLE {table}
                ADD COLUMN kind text,
                ADD COLUMN duties text NOT NULL DEFAULT '',
                ADD COLUMN basis text,
                ADD CONSTRAINT ck_{name}_kind CHECK (
                    kind IN ({_KINDS}) AND (kind = 'territorial') = (branch = 'territorial'))
        """)
    op.execute("""
        ALTER TABLE posts
            ADD COLUMN next_change_on date,
            DROP CONSTRAINT ck_posts_two_persons
    """)
    op.execute("""
        ALTER TABLE post_versions
            ADD COLUMN holders jsonb NOT NULL DEFAULT '[]',
            ALTER COLUMN changed_by DROP NOT NULL
    """)
    op.execute("""
        UPDATE posts SET kind = CASE branch WHEN 'territorial' THEN branch ELSE 'department' END
    """)
    op.execute("""
        CREATE INDEX ix_posts_next_change_on ON posts (next_change_on)
        WHERE next_change_on IS NOT NULL
    """)


def _create_holdings() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("""
        CREATE TABLE post_holdings (
            post_id uuid NOT NULL CONSTRAINT fk_post_holdings_post_id REFERENCES posts (id),
            office text NOT NULL CONSTRAINT ck_post_holdings_office
                CHECK (office IN ('first', 'direct', 'coordinator')),
            acting boolean NOT NULL,
            since date NOT NULL,
            until date CONSTRAINT ck_post_holdings_period CHECK (since < until),
            person_id uuid NOT NULL,
            CONSTRAINT pk_post_holdings PRIMARY KEY (post_id, office, acting, since),
            CONSTRAINT ex_post_holdings_one_at_a_time EXCLUDE USING gist (
                post_id WITH =, office WITH =, (acting::integer) WITH =,
                daterange(since, until) WITH &&),
            CONSTRAINT ex_post_holdings_two_persons EXCLUDE USING gist (
                post_id WITH =, person_id WITH =, daterange(since, until) WITH &&)
                WHERE (office IN ('first', 'direct'))
        )
    """)
    op.execute("CREATE INDEX ix_post_holdings_person_id ON post_holdings (person_id, post_id)")


def _fill_holdings() -> None:
    """Let those who answer now hold since the change that named them."""
    op.execute(_FILL.replace("OFFICE", "first").replace("PERSON", "first_responsible_id"))
    op.execute(_FILL.replace("OFFICE", "direct").replace("PERSON", "directly_responsible_id"))


def _create_matrices() -> None:
    op.execute("""
        CREATE TABLE matrices (
            id uuid NOT NULL CONSTRAINT pk_matrices PRIMARY KEY,
            district_code text COLLATE "C" NOT NULL
                CONSTRAINT uq_matrices_district_code UNIQUE
                CONSTRAINT fk_matrices_district_code REFERENCES areas (code),
            version bigint NOT NULL CONSTRAINT ck_matrices_version CHECK (version >= 1)
        )
    """)
    op.execute("""
        CREATE TABLE matrix_versions (
            matrix_id uuid NOT NULL
                CONSTRAINT fk_matrix_versions_matrix_id REFERENCES matrices (id),
            version bigint NOT NULL,
            effective_on date NOT NULL,
            lines integer NOT NULL,
            posts integer NOT NULL,
            cells integer NOT NULL,
            case_classes text[] NOT NULL,
            activated_by uuid NOT NULL,
            activated_at timestamptz NOT NULL,
            CONSTRAINT pk_matrix_versions PRIMARY KEY (matrix_id, version)
        )
    """)
    op.execute("""
        CREATE TABLE matrix_lines (
            matrix_id uuid NOT NULL,
            version bigint NOT NULL,
            position integer NOT NULL,
            branch text NOT NULL CONSTRAINT ck_matrix_lines_branch
                CHECK (branch IN ('territorial', 'functional')),
            area_code text COLLATE "C" NOT NULL,
            case_class text,
            post_id uuid NOT NULL CONSTRAINT fk_matrix_lines_post_id REFERENCES posts (id),
            CONSTRAINT pk_matrix_lines PRIMARY KEY (matrix_id, version, position),
            CONSTRAINT fk_matrix_lines_version FOREIGN KEY (matrix_id, version)
                REFERENCES matrix_versions (matrix_id, version)
        )
    """)
    op.execute("""
        CREATE INDEX ix_matrix_lines_area_code ON matrix_lines (matrix_id, version, area_code)
    """)
    for table in ("matrix_versions", "matrix_lines"):
        op.execute(f"""
            CREATE TRIGGER {table}_append_only
            BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """)
