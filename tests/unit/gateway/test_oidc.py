"""What is believed of an outside issuer: every claim, every boundary."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway.domain.oidc import (
    ALGORITHMS,
    Expected,
    IssuerNotTrusted,
    OidcAnswerInvalid,
    require_safe,
    subject_of,
)

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
EXPECTED = Expected("https://sso.example.gov.cn", "linli", "n-1")
GOOD: dict[str, Any] = {
    "iss": EXPECTED.issuer,
    "aud": "linli",
    "nonce": "n-1",
    "sub": "32050819900101",
    "iat": SECONDS,
    "exp": SECONDS + 300,
}
GONE = object()


def read(**changed: Any) -> str:
    said = {name: value for name, value in (GOOD | changed).items() if value is not GONE}
    return subject_of(said, EXPECTED, NOW)


def test_a_token_made_for_this_sign_in_names_the_person() -> None:
    assert read() == "32050819900101"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": ["linli"]},
        {"azp": "linli"},
        {"aud": ["linli", "other"], "azp": "linli"},
        {"exp": SECONDS - 59},
        {"iat": SECONDS + 60},
        {"iat": SECONDS - 660},
        {"nbf": SECONDS + 60},
        {"sub": "x" * 255},
        {"exp": SECONDS + 0.5},
    ],
    ids=repr,
)
def test_what_the_standard_allows_is_believed(changed: dict[str, Any]) -> None:
    assert read(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://sso.example.gov.cn.evil.example"},
        {"iss": "https://sso.example.gov.cn/"},
        {"iss": GONE},
        {"aud": "other"},
        {"aud": []},
        {"aud": GONE},
        {"aud": ["other"], "azp": "linli"},
        {"aud": ["linli", "other"]},
        {"aud": ["linli", "other"], "azp": "other"},
        {"azp": "other"},
        {"nonce": "n-2"},
        {"nonce": GONE},
        {"exp": SECONDS - 60},
        {"exp": GONE},
        {"exp": "soon"},
        {"exp": True},
        {"iat": GONE},
        {"iat": SECONDS + 61},
        {"iat": SECONDS - 661},
        {"nbf": SECONDS + 61},
        {"nbf": "later"},
        {"sub": ""},
        {"sub": GONE},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids=repr,
)
def test_what_was_not_made_for_this_sign_in_now_is_not_believed(changed: dict[str, Any]) -> None:
    with pytest.raises(OidcAnswerInvalid):
        read(**changed)


def test_nothing_is_believed_that_our_own_secret_could_sign() -> None:
    assert not [name for name in ALGORITHMS if name.startswith(("HS", "none"))]


@pytest.mark.parametrize(
    ("url", "in_production", "in_tests"),
    [
        ("https://sso.example.gov.cn/auth", True, True),
        ("https://sso.example.gov.cn:8443", True, True),
        ("http://127.0.0.1:9400", False, True),
        ("http://[::1]:9400", False, True),
        ("http://localhost:9400", False, True),
        ("http://sso.example.gov.cn", False, False),
        ("http://10.0.0.1", False, False),
        ("http://localhost.evil.example", False, False),
        ("https://user:word@sso.example.gov.cn", False, False),
        ("https://", False, False),
        ("file:///etc/passwd", False, False),
        ("sso.example.gov.cn", False, False),
        ("", False, False),
    ],
)
def test_secrets_go_over_https_or_stay_on_the_machine(
    url: str, in_production: bool, in_tests: bool
) -> None:
    for insecure, allowed in ((False, in_production), (True, in_tests)):
        if allowed:
            require_safe(url, insecure_loopback=insecure)
        else:
            with pytest.raises(IssuerNotTrusted):
                require_safe(url, insecure_loopback=insecure)
