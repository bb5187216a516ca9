"""Tests of deploy/compose/secretfolder.py: what `docker compose run --rm secrets` makes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from deploy.compose import secretfolder
from deploy.local.applications import SERVICES
from deploy.local.layout import CHECKOUT
from deploy.local.programs import write_for
from shared.privacy.keyring import Keyring


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text().strip() for file in folder.iterdir()}


def test_secrets_are_made_once(tmp_path: Path) -> None:
    names = secretfolder.make(tmp_path)
    before = contents(tmp_path)
    assert secretfolder.make(tmp_path) == names
    assert contents(tmp_path) == before


def test_a_new_service_gets_what_it_lacks_and_the_others_keep_theirs(tmp_path: Path) -> None:
    secretfolder.make(tmp_path)
    before = contents(tmp_path)
    for name in ("db_grid", "url_db_grid"):
        (tmp_path / name).unlink()
    secretfolder.make(tmp_path)
    now = contents(tmp_path)
    assert {name for name in before if now[name] != before[name]} == {"db_grid", "url_db_grid"}


def test_services_find_the_servers_by_their_names(tmp_path: Path) -> None:
    secretfolder.make(tmp_path)
    made = contents(tmp_path)
    for service in SERVICES:
        database, broker = (
            urlsplit(made[f"url_db_{service}"]),
            urlsplit(made[f"url_amqp_{service}"]),
        )
        assert (database.scheme, database.hostname) == ("postgresql+psycopg", "postgres")
        assert (database.port, database.path) == (5432, f"/linli_{service}")
        assert database.password == made[f"db_{service}"]
        assert (broker.hostname, broker.port, broker.path) == ("rabbitmq", 5672, "/linli")
        assert (broker.username, broker.password) == (service, made[f"amqp_{service}"])
        keys = (made[f"data_keys_{service}"], made[f"index_key_{service}"])
        told = dict(zip(("LINLI_DATA_KEYS", "LINLI_INDEX_KEY"), keys, strict=True))
        assert Keyring.from_environment(told).ids == ("k1",)
    for name in ("url_management", "url_monitor"):
        assert urlsplit(made[name]).netloc.endswith("@rabbitmq:15672")
    admin = urlsplit(made["url_postgres_admin"])
    assert (admin.password, admin.hostname) == (made["postgres_admin"], "postgres")


def test_the_broker_is_told_the_hash_of_its_administrators_password(tmp_path: Path) -> None:
    secretfolder.make(tmp_path)
    made = contents(tmp_path)
    (user,) = json.loads(made[secretfolder.DEFINITIONS])["users"]
    assert user["tags"] == ["administrator"]
    assert urlsplit(made["url_management"]).username == user["name"]
    assert made["rabbitmq_admin"] not in made[secretfolder.DEFINITIONS]


def test_every_file_is_its_readers_alone_or_the_command_says_who_must_run_it(
    tmp_path: Path,
) -> None:
    folder, backups = tmp_path / "secrets", tmp_path / "backups"
    for made in (folder, backups / "data"):
        made.mkdir(parents=True)
    write_for(folder / "tls_key", "-", None)
    write_for(backups / "data" / "manifest.json", "{}", None)
    secrets = ("secrets", str(folder), "--backups", str(backups))
    command = [sys.executable, "-m", "deploy.compose", *secrets]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if os.geteuid() != 0:
        assert (done.returncode, "docker compose run --rm secrets" in done.stderr) == (1, True)
        return
    assert done.returncode == 0, done.stderr
    assert {one.stat().st_mode & 0o777 for one in (folder, backups)} == {0o700}
    assert {one.stat().st_uid for one in (backups, *backups.rglob("*"))} == {10001}
    files = list(folder.iterdir())
    assert {file.stat().st_mode & 0o777 for file in files} == {0o400}
    owners = {file.name: file.stat().st_uid for file in files}
    assert {owners["postgres_admin"], owners[secretfolder.DEFINITIONS]} == {999}
    assert (owners["tls_key"], owners["grafana_admin"], owners["url_db_grid"]) == (101, 472, 10001)
    assert done.stdout.startswith(f"secrets: {len(files)} in ")
