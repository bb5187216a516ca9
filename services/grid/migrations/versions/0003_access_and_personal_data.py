"""Let the HTTP door check tokens, remember answered requests, keep an audit and person keys."""

from shared.audit import schema as audit
from shared.auth import schema as auth
from shared.http import idempotency_schema as idempotency
from shared.privacy import schema as privacy

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Take the first step of each of these tables; code of step 0002 goes on working."""
    auth.step_1_create()
    idempotency.step_1_create()
    audit.step_1_create()
    privacy.step_1_create()
