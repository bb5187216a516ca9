"""Tests of deploy/local/settings.py."""

from pathlib import Path

import pytest

from deploy.local.progress import Failure
from deploy.local.settings import Settings, Tls, brokers_with_login, with_login, without_login


def test_private_servers_unless_told_otherwise() -> None:
    settings = Settings.read({})
    assert settings.postgres_admin_url is None
    assert settings.rabbitmq_amqp_url is None
    assert settings.http_host == "127.0.0.1"


@pytest.mark.parametrize("name", ["LINLI_RABBITMQ_MANAGEMENT_URL", "LINLI_RABBITMQ_AMQP_URL"])
def test_half_a_broker_is_refused(name: str) -> None:
    with pytest.raises(Failure, match="only one of"):
        Settings.read({name: "http://x"})


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(Failure, match="not a port"):
        Settings.read({"LINLI_HTTP_PORT": port})


def test_a_server_url_takes_another_login_and_keeps_its_options() -> None:
    admin = "postgresql://root:s@db.example:5433/postgres?sslmode=require"
    url = with_login(admin, "linli_grid", "a/b@c", "linli_grid", "postgresql+psycopg")
    assert url == (
        "postgresql+psycopg://linli_grid:a%2Fb%40c@db.example:5433/linli_grid?sslmode=require"
    )


def test_a_server_url_can_be_shown_without_its_login() -> None:
    assert without_login("amqp://u:p@h:5/linli") == "amqp://h:5"


def test_each_broker_of_a_cluster_takes_the_login() -> None:
    urls = brokers_with_login("http://a:b@x:1, http://a:b@y:2", "monitor", "s,", "")
    assert urls == "http://monitor:s%2C@x:1/,http://monitor:s%2C@y:2/"
    assert without_login("amqp://u:p@x:1/linli,amqp://u:p@y:2/linli") == "amqp://x:1,amqp://y:2"


@pytest.mark.parametrize("name", ["LINLI_TLS_CERTIFICATE", "LINLI_TLS_KEY"])
def test_a_certificate_without_its_key_is_refused_and_a_key_alone_too(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "pem").touch()
    with pytest.raises(Failure, match="no LINLI_TLS"):
        Settings.read({name: str(tmp_path / "pem")})


def test_a_certificate_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    missing = {"LINLI_TLS_CERTIFICATE": str(tmp_path / "crt"), "LINLI_TLS_KEY": f"{tmp_path}/key"}
    with pytest.raises(Failure, match="LINLI_TLS_CERTIFICATE names no file"):
        Settings.read(missing)


def test_a_certificate_with_its_key_is_taken_and_neither_is_needed(tmp_path: Path) -> None:
    pair = Tls(tmp_path / "crt", tmp_path / "key")
    for file in (pair.certificate, pair.key):
        file.touch()
    given = {"LINLI_TLS_CERTIFICATE": f"{tmp_path}/crt", "LINLI_TLS_KEY": f"{tmp_path}/key"}
    assert Settings.read(given).tls == pair
    assert Settings.read({"LINLI_TLS_CERTIFICATE": "", "LINLI_TLS_KEY": ""}).tls is None


def test_a_local_system_is_a_demo_unless_told_otherwise() -> None:
    assert Settings.read({}).installation == "demo"
    assert Settings.read({"LINLI_ENV": "production"}).installation == "production"
    with pytest.raises(Failure, match="neither demo nor production"):
        Settings.read({"LINLI_ENV": "test"})
