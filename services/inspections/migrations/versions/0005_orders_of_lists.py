"""Let inspections be listed by when they were made, and findings by deadline.

Not CONCURRENTLY: tables of this age are indexed in seconds, and the step stays one transaction.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

# most findings are closed, and theirs are the first deadlines: of one state they are read apart
INDEXES = """
    CREATE INDEX ix_inspections_inspected_at ON inspections (inspected_at, id);
    CREATE INDEX ix_findings_deadline ON findings (deadline, id);
    CREATE INDEX ix_findings_state_deadline ON findings (state, deadline, id);
"""


def upgrade() -> None:
    """Add indexes; the code of step 0004 goes on working."""
    op.execute(INDEXES)
