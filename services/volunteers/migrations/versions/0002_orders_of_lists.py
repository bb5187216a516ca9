"""Let activities and volunteers be listed in their orders across all areas.

Not CONCURRENTLY: tables of this age are indexed in seconds, and the step stays one transaction.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

INDEXES = """
    CREATE INDEX ix_activities_starts_at ON activities (starts_at, id);
    CREATE INDEX ix_volunteers_registered_at ON volunteers (registered_at, id);
"""


def upgrade() -> None:
    """Add indexes; the code of step 0001 goes on working."""
    op.execute(INDEXES)
