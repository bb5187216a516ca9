"""Owns talking to the outside issuer: discovery, the exchange of a code, its keys.

Every call is over after five seconds, follows no redirect and reads no more than a megabyte; every
address must be https. One that the discovery document names may lie on another host, as OpenID
Connect Discovery allows.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from urllib3.exceptions import HTTPError

from services.gateway.domain.oidc import (
    ALGORITHMS,
    IssuerUnreachable,
    OidcAnswerInvalid,
    require_safe,
)
from services.gateway.settings import OidcSettings, insecure_loopback
from shared.errors import Rejected

_SECONDS = 5.0
_LONGEST = 1_000_000
_BLOCK = 16_384
_AT_ONCE = 4
"""A slow issuer may keep so many requests waiting; the other threads sign in by password."""
_KEPT_SECONDS = 3600.0
_KEYS_KEPT_AT_LEAST_SECONDS = 60.0
"""An id_token with an unknown key makes the keys be read again, but not more often."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
Claims = Mapping[str, Any]


class Issuer:
    """One outside issuer; what it published is kept for an hour, its keys until one is missing."""

    def __init__(
        self, settings: OidcSettings, keys_kept: float = _KEYS_KEPT_AT_LEAST_SECONDS
    ) -> None:
        """Take who it is, who we are there, and for how long its keys are kept at least."""
        self._settings = settings
        self._keys_kept = keys_kept
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def address_to_sign_in(self, state: str, nonce: str, verifier: str) -> str:
        """Return where to send the browser (PKCE, RFC 7636: the code alone is worth nothing).

        Raises:
            IssuerUnreachable, OidcAnswerInvalid
        """
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_url,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        address = self._endpoint("authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"

    def claims_for(self, code: str, verifier: str) -> Claims:
        """Return what the id_token for a code says, its signature checked.

        Raises:
            IssuerUnreachable, OidcAnswerInvalid
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_url,
            "code_verifier": verifier,
        }
        settings, basic = self._settings, None
        if self._takes_basic():
            basic = (quote_plus(settings.client_id), quote_plus(settings.client_secret))
        else:
            form |= {"client_id": settings.client_id, "client_secret": settings.client_secret}
        answer = self._ask("POST", self._endpoint("token_endpoint"), form, basic)
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise OidcAnswerInvalid
        return self._verified(id_token)

    def _takes_basic(self) -> bool:
        methods = self._discovered().get("token_endpoint_auth_methods_supported")
        return not isinstance(methods, list) or "client_secret_basic" in methods

    def _verified(self, id_token: str) -> Claims:
        """Return the claims; a key that isn't known yet may be a new one."""
        claims = _claims_by(self._keys(_KEPT_SECONDS), id_token)
        if claims is None:
            claims = _claims_by(self._keys(self._keys_kept), id_token)
        if claims is None:
            raise OidcAnswerInvalid
        return claims

    def _keys(self, at_most: float) -> dict[str, Any]:
        return self._read(self._endpoint("jwks_uri"), at_most)

    def _endpoint(self, name: str) -> str:
        return _safe(self._discovered().get(name))

    def _discovered(self) -> dict[str, Any]:
        found = self._read(
            f"{self._settings.issuer}/.well-known/openid-configuration", _KEPT_SECONDS
        )
        # or another issuer's tokens would be taken for this one's (Discovery 1.0, 4.3)
        if found.get("issuer") not in (self._settings.issuer, f"{self._settings.issuer}/"):
            raise OidcAnswerInvalid
        return found

    @property
    def name(self) -> str:
        """What it calls itself, in id_tokens too."""
        return str(self._discovered()["issuer"])

    def _read(self, url: str, at_most: float) -> dict[str, Any]:
        read_at, found = self._kept.get(url, (0.0, {}))
        if not found or time.monotonic() - read_at >= at_most:
            found = self._ask("GET", url)
            self._kept[url] = (time.monotonic(), found)
        return found

    def _ask(
        self,
        method: str,
        url: str,
        form: dict[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        if not self._turns.acquire(blocking=False):
            raise IssuerUnreachable
        try:
            with requests.request(
                method,
                _safe(url),
                data=form,
                auth=basic,
                headers={"Accept": "application/json"},
                timeout=_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return _json_of(answer, time.monotonic() + _SECONDS)
        except (requests.RequestException, HTTPError) as error:
            raise IssuerUnreachable from error
        finally:
            self._turns.release()


@lru_cache(maxsize=2)
def issuer_of(settings: OidcSettings) -> Issuer:
    """Return the issuer of these settings, the same one as long as they are the same."""
    return Issuer(settings)


def _json_of(answer: requests.Response, deadline: float) -> dict[str, Any]:
    """Return an answer's JSON object; one that trickles in is given up."""
    if answer.status_code >= 500:
        raise IssuerUnreachable
    if answer.status_code != 200:
        raise OidcAnswerInvalid
    content = b""
    while block := answer.raw.read1(_BLOCK, decode_content=True):
        content += block
        if len(content) > _LONGEST or time.monotonic() > deadline:
            raise IssuerUnreachable
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise OidcAnswerInvalid from error
    if not isinstance(found, dict):
        raise OidcAnswerInvalid
    return found


def _claims_by(keys: Any, id_token: str) -> Claims | None:
    """Return the claims when one of the keys signed them."""
    try:
        return jwt.decode(id_token, KeySet.import_key_set(keys), list(ALGORITHMS)).claims
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _safe(url: Any) -> str:
    try:
        require_safe(str(url), insecure_loopback=insecure_loopback())
    except Rejected as refusal:
        raise OidcAnswerInvalid from refusal
    return str(url)
