"""Owns what operators choose for sign-in by an outside issuer."""

from dataclasses import dataclass, field

from services.gateway.domain.oidc import OidcNotConfigured, require_safe
from shared import config
from shared.errors import Rejected


@dataclass(frozen=True)
class OidcSettings:
    """The issuer, who we are there, and where it sends people back to."""

    issuer: str
    client_id: str
    redirect_url: str
    client_secret: str = field(repr=False)


def insecure_loopback() -> bool:
    """Tell whether an issuer on this machine may do without https: never in production."""
    return config.environment() != "production"


def oidc_settings() -> OidcSettings:
    """Return the settings.

    Raises:
        OidcNotConfigured: when LINLI_OIDC_ISSUER isn't set.
        BadConfiguration: when the others aren't, or an address isn't https.
    """
    issuer = config.optional("LINLI_OIDC_ISSUER", "")
    if not issuer:
        raise OidcNotConfigured
    found = OidcSettings(
        issuer=issuer.rstrip("/"),
        client_id=config.required("LINLI_OIDC_CLIENT_ID"),
        redirect_url=config.required("LINLI_OIDC_REDIRECT_URL"),
        client_secret=config.required("LINLI_OIDC_CLIENT_SECRET"),
    )
    for url in (found.issuer, found.redirect_url):
        try:
            require_safe(url, insecure_loopback=insecure_loopback())
        except Rejected as refusal:
            raise config.BadConfiguration(refusal.text("en")) from refusal
    return found
