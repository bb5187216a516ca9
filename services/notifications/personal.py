"""Owns the list of what `notifications` keeps sealed of persons: how to reach them."""

from shared.privacy.fields import PersonalField

EMAIL = PersonalField("recipients", "person_id", "person_id", "email", "email")
PHONE = PersonalField("recipients", "person_id", "person_id", "phone", "phone")
PERSONAL_FIELDS = (EMAIL, PHONE)
