"""Tests of settings.py: which mail server, how the way to it is secured, who sends."""

from pathlib import Path

import pytest

from services.notifications.settings import smtp_settings
from shared.config import BadConfiguration

FROM = {"LINLI_SMTP_FROM": "邻里 <linli@example.gov.cn>"}


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example.cn", "mail.example.cn", 587, "starttls"),
        ("smtp://mail.example.cn:2525?starttls=required", "mail.example.cn", 2525, "starttls"),
        ("smtp://10.0.0.7:25?starttls=never", "10.0.0.7", 25, "none"),
        ("smtps://mail.example.cn", "mail.example.cn", 465, "tls"),
        ("smtps://[::1]:4465", "::1", 4465, "tls"),
    ],
)
def test_the_url_says_where_the_server_is_and_how_the_way_is_secured(
    url: str, host: str, port: int, security: str
):
    found = smtp_settings({"LINLI_SMTP_URL": url} | FROM)
    assert found is not None
    assert (found.host, found.port, found.security) == (host, port, security)
    assert (found.sender_name, found.sender, found.domain) == (
        "邻里",
        "linli@example.gov.cn",
        "example.gov.cn",
    )


def test_a_login_is_unquoted_may_lie_in_a_file_and_is_shown_nowhere(tmp_path: Path):
    file = tmp_path / "smtp"
    file.write_text("smtp://linli%40gov:p%2Fss@mail.example.cn\n")
    found = smtp_settings({"LINLI_SMTP_URL_FILE": str(file)} | FROM)
    assert found is not None
    assert (found.user, found.password) == ("linli@gov", "p/ss")
    assert "p/ss" not in repr(found)


def test_without_a_url_there_is_no_server():
    assert smtp_settings({}) is None


@pytest.mark.parametrize(
    "told",
    [
        {"LINLI_SMTP_URL": "http://mail.example.cn"},
        {"LINLI_SMTP_URL": "smtp://mail.example.cn?starttls=maybe"},
        {"LINLI_SMTP_URL": "smtp://:25"},
        {"LINLI_SMTP_URL": "smtp://mail.example.cn:99999"},
        {"LINLI_SMTP_URL": "smtp://u:geheim@mail.example.cn?starttls=never"},
        {"LINLI_SMTP_URL": "smtp://mail.example.cn", "LINLI_SMTP_FROM": "邻里"},
        {"LINLI_SMTP_URL": "smtp://mail.example.cn", "LINLI_SMTP_FROM": ""},
    ],
)
def test_nonsense_is_refused_without_showing_the_password(told: dict[str, str]):
    with pytest.raises(BadConfiguration) as refused:
        smtp_settings(FROM | told)
    assert "geheim" not in str(refused.value)
