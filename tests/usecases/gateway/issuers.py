"""Owns an issuer that lies: a real server on loopback, whose every answer a test can change."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from werkzeug import Request, Response
from werkzeug.serving import make_server

from shared.clock import real_now

CLIENT, SECRET = "linli", "a secret: of/linli"


class LyingIssuer:
    """Answers as a good issuer does, but for what a test set."""

    def __init__(self) -> None:
        self.key: Any = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}, private=True)
        self.address = ""
        self.asked: list[str] = []
        self.forms: list[tuple[dict[str, str], Any]] = []
        self.document: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "k1"}
        self.signing_key: Any = None
        self.raw_token: str | None = None
        self.answer: Response | None = None
        self.answer_at = "/token"
        self.published: list[dict[str, Any]] | None = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.asked.append(request.path)
        if self.answer is not None and request.path == self.answer_at:
            return self.answer(environ, start_response)
        said = {
            "/.well-known/openid-configuration": self._document,
            "/jwks": self._jwks,
            "/token": lambda: self._token(request),
        }[request.path]()
        return Response(json.dumps(said), mimetype="application/json")(environ, start_response)

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize?realm=gov",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
        } | self.document

    def _jwks(self) -> dict[str, Any]:
        return {"keys": self.published or [self.key.as_dict(private=False)]}

    def _token(self, request: Request) -> dict[str, Any]:
        self.forms.append((request.form.to_dict(), request.authorization))
        # a test lets the nonce of its sign-in come as the code
        now = int(real_now().timestamp())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": "somebody",
            "nonce": request.form["code"],
            "iat": now,
            "exp": now + 300,
        } | self.claims
        key = self.signing_key or self.key
        token = self.raw_token or jwt.encode(self.header, claims, key, ["RS256", "ES256", "HS256"])
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def sign_with_the_public_key(self) -> None:
        """Take the published key for a secret: what fools who lets the token choose."""
        now = int(real_now().timestamp())
        claims = {"iss": self.address, "aud": CLIENT, "sub": "somebody", "iat": now}
        parts = [{"alg": "HS256", "kid": "k1"}, claims | {"exp": now + 300}]
        signed = b".".join(_packed(json.dumps(part).encode()) for part in parts)
        mac = hmac.digest(self.key.as_pem(private=False), signed, "sha256")
        self.raw_token = (signed + b"." + _packed(mac)).decode()

    def sign_with_the_clients_secret(self) -> None:
        """Sign as whoever knows our secret could."""
        self.header = {"alg": "HS256"}
        self.signing_key = OctKey.import_key(SECRET)

    def change_keys(self) -> None:
        """Sign with a new key of another kind from now on, and publish it alone."""
        self.key = ECKey.generate_key("P-256", {"kid": "k2", "use": "sig"}, private=True)
        self.header = {"alg": "ES256", "kid": "k2"}


def _packed(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def trickling() -> Iterator[bytes]:
    """Yield an answer that never ends, a byte now and then."""
    for _ in range(100):
        yield b" "
        threading.Event().wait(0.2)


@contextmanager
def lying_issuer() -> Iterator[LyingIssuer]:
    """Run one."""
    issuer = LyingIssuer()
    server = make_server("127.0.0.1", 0, issuer, threaded=True)
    server.daemon_threads = True
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
