"""Tests of deploy/compose/backups.py: what `docker compose run --rm backup …` runs, and its end."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.applications import SERVICES
from deploy.local.layout import CHECKOUT
from deploy.local.nodes import PrivateNodes
from shared.backup.shelf import Shelf
from shared.database import Transactions
from shared.messaging import outbox
from tests.factories import case_filed
from tests.keys import KEYS
from tests.processes import LINLI
from tests.usecases.shared.people import rows

PROCESSES = "grid-api grid-worker grid-relay"


class Container:
    """The one-shot container, with every service's database and keys in /run/secrets."""

    def __init__(self, folder: Path, admin_url: str, databases: dict[str, Transactions]) -> None:
        self.shelf = Shelf(folder / "backups")
        secrets = folder / "secrets"
        secrets.mkdir()
        for service, db in databases.items():
            url = db.engine.url.render_as_string(hide_password=False)
            (secrets / f"url_db_{service}").write_text(url)
            (secrets / f"data_keys_{service}").write_text(KEYS["LINLI_DATA_KEYS"])
            (secrets / f"index_key_{service}").write_text(KEYS["LINLI_INDEX_KEY"])
        self._told = {
            "PATH": f"{Path(LINLI[0]).parent}:{os.environ['PATH']}",
            "LINLI_POSTGRES_ADMIN_URL": admin_url,
            "LINLI_SECRETS_DIR": str(secrets),
            "LINLI_BACKUP_DIR": str(self.shelf.root),
        }

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "deploy.compose.backups", *words]
        return subprocess.run(
            command, env=self._told, cwd=CHECKOUT, capture_output=True, text=True, check=False
        )


def disconnect(databases: dict[str, Transactions]) -> None:
    for db in databases.values():
        db.engine.dispose()


def test_every_service_is_backed_up_and_one_is_brought_back(
    tmp_path: Path, nodes: PrivateNodes, database_of: Callable[[str], Transactions]
) -> None:
    databases = {service: database_of(service) for service in SERVICES}
    container = Container(tmp_path, nodes.postgres_admin_url, databases)
    databases["grid"].change(lambda session: outbox.add(session, case_filed()))
    made = container.run("make")
    assert made.returncode == 0, made.stdout + made.stderr
    kept = container.run("erasures")
    assert kept.returncode == 0, kept.stdout + kept.stderr
    for service in SERVICES:
        assert len(container.shelf.backups(service)) == 1
    databases["grid"].change(lambda session: outbox.add(session, case_filed()))
    disconnect(databases)

    restored = container.run("restore", "grid")

    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert f"now: docker compose start {PROCESSES}" in restored.stdout
    assert rows(databases["grid"], "SELECT count(*) FROM outbox") == [1]
    assert container.run("lost", "grid").returncode == 0


def test_nothing_is_restored_under_running_processes(
    tmp_path: Path, nodes: PrivateNodes, grid_db: Transactions
) -> None:
    container = Container(tmp_path, nodes.postgres_admin_url, {"grid": grid_db})
    assert container.run("make", "grid").returncode == 0
    with grid_db.engine.connect():
        refused = container.run("restore", "grid")
    assert refused.returncode == 1
    assert f"stop them first: docker compose stop {PROCESSES}" in refused.stderr


def test_a_service_that_there_is_not_and_a_backup_that_there_is_not_are_refused(
    tmp_path: Path,
) -> None:
    container = Container(tmp_path, "postgresql://a:b@127.0.0.1:1/postgres", {})
    assert "no such service: grit" in container.run("make", "grit").stderr
    none = container.run("restore", "grid")
    assert (none.returncode, "failed: backup of grid" in none.stderr) == (1, True)
