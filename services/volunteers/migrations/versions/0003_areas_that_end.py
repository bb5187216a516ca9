"""Let areas of the register's copy end."""

from shared.register import schema

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the day; the code of the step before goes on working."""
    schema.step_2_until()
