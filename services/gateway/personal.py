"""Owns the list of what the gateway keeps sealed: of persons, and of itself."""

from shared.privacy.fields import PersonalField, SealedColumn

DISPLAY_NAME = PersonalField("accounts", "id", "id", "display_name", "name")
PERSONAL_FIELDS = (DISPLAY_NAME,)
SEALED_COLUMNS = (
    SealedColumn("gateway_signing_keys", "kid", "sealed", "gateway_signing_keys.sealed {id}"),
    # oidc_logins.sealed_verifier is not here: it lives ten minutes
)
