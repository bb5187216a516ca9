"""Let posts say which classes of cases they assist in: a joint matter needs several units."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the classes; the code of step 0010 goes on working."""
    for table in ("posts", "post_versions"):
        op.execute(f"""
            ALTER TABLE {table}
                ADD COLUMN assists text[] NOT NULL DEFAULT '{{}}',
                ADD CONSTRAINT ck_{table}_assists CHECK (
                    branch = 'functional' OR assists = '{{}}')
        """)
