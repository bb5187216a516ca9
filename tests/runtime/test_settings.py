"""Tests of deploy/local/settings.py."""

import pytest

from deploy.local.progress import Failure
from deploy.local.settings import Settings, with_login, without_login


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
