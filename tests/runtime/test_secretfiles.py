"""Tests of deploy/local/secretfiles.py."""

from pathlib import Path

from deploy.local.layout import Layout
from deploy.local.secretfiles import SecretFiles, first_data_key, random_key, strong_password
from shared.privacy.keyring import Keyring


def test_a_secret_is_generated_once(tmp_path: Path) -> None:
    first = SecretFiles(tmp_path).get("db_grid")
    assert len(first) == 32
    assert SecretFiles(tmp_path).get("db_grid") == first


def test_two_secrets_differ(tmp_path: Path) -> None:
    assert SecretFiles(tmp_path).get("db_grid") != SecretFiles(tmp_path).get("db_inspections")


def test_only_the_owner_reads_secrets(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path / "state")
    layout.make()
    secrets = SecretFiles(layout.secrets)
    secrets.get("db_grid")
    secrets.put("url_db_grid", "postgresql://u:p@h/d")
    assert layout.secrets.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in layout.secrets.iterdir()} == {0o600}


def test_what_is_derived_follows_its_source(tmp_path: Path) -> None:
    secrets = SecretFiles(tmp_path)
    secrets.put("url", "amqp://h:1/")
    assert secrets.put("url", "amqp://h:2/").read_text() == "amqp://h:2/\n"


def test_a_made_secret_is_made_once(tmp_path: Path) -> None:
    secrets = SecretFiles(tmp_path)
    first = secrets.keep("data_keys_grid", first_data_key).read_text()
    assert secrets.keep("data_keys_grid", first_data_key).read_text() == first


def test_the_keys_of_a_service_are_a_ring() -> None:
    ring = Keyring.from_environment(
        {"LINLI_DATA_KEYS": first_data_key(), "LINLI_INDEX_KEY": random_key()}
    )
    assert ring.ids == ("k1",)
    assert ring.decrypt(ring.encrypt(b"x", "here"), "here") == b"x"


def test_passwords_are_long_and_differ() -> None:
    assert len(strong_password()) == 24
    assert strong_password() != strong_password()
