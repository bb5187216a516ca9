"""Let cases be listed by the day of filing and by deadline.

Not CONCURRENTLY: tables of this age are indexed in seconds, and the step stays one transaction.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

# most cases are closed, and theirs are the first deadlines: of one state they are read apart
INDEXES = """
    CREATE INDEX ix_cases_filed_at ON cases (filed_at, id) WHERE filed_at IS NOT NULL;
    CREATE INDEX ix_cases_deadline ON cases (deadline, id) WHERE deadline IS NOT NULL;
    CREATE INDEX ix_cases_state_deadline ON cases (state, deadline, id)
        WHERE deadline IS NOT NULL;
"""


def upgrade() -> None:
    """Add indexes; the code of step 0004 goes on working."""
    op.execute(INDEXES)
