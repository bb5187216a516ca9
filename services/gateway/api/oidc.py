"""Owns the addresses for sign-in by an outside issuer (a government's single sign-on)."""

from uuid import UUID

from flask import Response

from services.gateway.domain.oidc import (
    IdentityNotLinked,
    IssuerUnreachable,
    OidcNotConfigured,
    OidcSignInFailed,
)
from services.gateway.oidc_doors import sent_away, way_back
from services.gateway.requests_here import origin
from services.gateway.schemas import oidc as schemas
from services.gateway.schemas.sessions import TokenPair
from services.gateway.settings import oidc_settings
from services.gateway.usecases import oidc
from shared.http.app import read, run, transactions
from shared.http.auth import caller
from shared.http.openapi_problems import refuses
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows
from shared.privacy.personal import PersonErased

OIDC = Routes("oidc", __name__, description="统一身份认证登录 / sign-in by an outside issuer")


@OIDC.get("/session/oidc/start")
@refuses(OidcNotConfigured, IssuerUnreachable)
@OIDC.response(303, description="To the issuer")
def start_oidc_sign_in() -> Response:
    """Go to the issuer's page"""
    return sent_away(oidc.start_oidc_sign_in(transactions(), oidc_settings(), origin().address))


@OIDC.get("/session/oidc/callback")
@refuses(OidcSignInFailed, IdentityNotLinked, OidcNotConfigured, IssuerUnreachable)
@OIDC.response(200, shows(TokenPair))
def finish_oidc_sign_in() -> TokenPair:
    """Come back from the issuer's page"""
    return oidc.finish_oidc_sign_in(transactions(), oidc_settings(), way_back(), origin())


@OIDC.post("/accounts/<uuid:account_id>/identities")
@refuses(OidcNotConfigured, PersonErased)
@OIDC.arguments(accepts(schemas.LinkIdentity))
@OIDC.response(201, shows(schemas.IdentityView))
def link_identity(request: schemas.LinkIdentity, account_id: UUID) -> schemas.IdentityView:
    """Say whose account it is that the issuer calls so"""
    issuer = oidc_settings().issuer
    return run(oidc.link_identity, account_id, issuer, request, caller().id)


@OIDC.get("/accounts/<uuid:account_id>/identities")
@OIDC.response(200, shows(schemas.IdentityList))
def list_identities(account_id: UUID) -> schemas.IdentityList:
    """Who an account is at which issuers"""
    return read(oidc.list_identities, account_id)


@OIDC.delete("/accounts/<uuid:account_id>/identities/<uuid:identity_id>")
@OIDC.response(204)
def unlink_identity(account_id: UUID, identity_id: UUID) -> None:
    """Forget that an account and somebody at an issuer are one"""
    run(oidc.unlink_identity, account_id, identity_id, caller().id)
