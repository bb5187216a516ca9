"""Owns who may do what about signing in; access.py takes it into the service's table."""

from shared.auth.access import OWN, PUBLIC, Access, allow

_ADMINISTRATOR = allow("administrator", by_area=False)

SIGN_IN_ACCESS: Access = {
    "sign_in": PUBLIC,
    "refresh_session": PUBLIC,
    "activate_password": PUBLIC,
    "start_oidc_sign_in": PUBLIC,
    "finish_oidc_sign_in": PUBLIC,
    "issue_client_token": PUBLIC,
    "revoke_refresh_token": PUBLIC,
    "list_signing_keys": PUBLIC,
    "list_scopes": PUBLIC,
    "sign_out": OWN,
    "sign_out_everywhere": OWN,
    "list_sessions": OWN,
    "change_password": OWN,
    "create_client": _ADMINISTRATOR,
    "list_clients": _ADMINISTRATOR,
    "get_client": _ADMINISTRATOR,
    "change_client": _ADMINISTRATOR,
    "rotate_client_secret": _ADMINISTRATOR,
    "revoke_client": _ADMINISTRATOR,
    "link_identity": _ADMINISTRATOR,
    "list_identities": _ADMINISTRATOR,
    "unlink_identity": _ADMINISTRATOR,
}
