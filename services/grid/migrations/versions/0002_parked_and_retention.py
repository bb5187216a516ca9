"""Let operators settle parked events, and old rows of delivery be found."""

from shared.messaging import schema

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Take the second step of the tables of delivery."""
    schema.step_2_parked_and_retention()
