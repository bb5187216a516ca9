"""Create the tables of delivery, of access and of personal data, and this service's own."""

from shared.audit import schema as audit
from shared.auth import schema as auth
from shared.http import idempotency_schema as idempotency
from shared.messaging import schema as delivery
from shared.privacy import schema as privacy
from shared.register import schema as register

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
    register.step_1_create()
