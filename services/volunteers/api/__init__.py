"""Owns the HTTP door of `volunteers`, by subject."""

from services.volunteers.api.activities import ACTIVITIES
from services.volunteers.api.attendance import ATTENDANCE, OWN_SIGN_UPS
from services.volunteers.api.audit import AUDIT
from services.volunteers.api.hours import HOURS
from services.volunteers.api.volunteers import OWN, VOLUNTEERS

BLUEPRINTS = [VOLUNTEERS, OWN, ACTIVITIES, ATTENDANCE, OWN_SIGN_UPS, HOURS, AUDIT]
