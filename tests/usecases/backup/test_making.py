"""Owns the proof that a backup is whole, private, of one moment, and without persons' keys."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from shared.backup.manifest import BackupBroken, read
from shared.backup.postgres_tools import PostgresToolFailed, PostgresTools
from shared.backup.shelf import LATEST, BackupUnderWay, NoBackup, Shelf
from shared.clock import real_now
from shared.database import Transactions
from shared.messaging import outbox
from shared.privacy.erasure_file import read as read_erasures
from tests.factories import case_filed
from tests.observe import eventually
from tests.usecases.backup.grounds import DAY, back_up, erase
from tests.usecases.shared.people import execute, resident, rows, with_residents


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    return with_residents(grid_db)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_backup_says_when_of_what_and_how_much_it_is(db: Transactions, tmp_path: Path):
    resident(db)
    db.change(lambda session: outbox.add(session, case_filed()))
    (version,) = rows(db, "SELECT version_num FROM alembic_version")
    before = real_now()
    manifest = back_up(db, tmp_path).data.manifest
    assert (manifest.service, manifest.migration, manifest.outbox_position) == ("grid", version, 1)
    assert before <= manifest.started_at <= manifest.finished_at <= real_now()
    assert manifest.newest_event_at is not None
    assert manifest.rows["residents"] == manifest.rows["outbox"] == 1
    assert manifest.rows["inbox"] == 0


def test_persons_keys_lie_apart_from_the_data(db: Transactions, tmp_path: Path):
    person = resident(db)
    made = back_up(db, tmp_path)
    assert "person_keys" not in made.data.manifest.rows
    assert made.keys.manifest.rows == {"person_keys": 1}
    assert made.keys.folder.is_relative_to(tmp_path / "keys")
    assert list(made.data.manifest.files) == ["database.dump"]
    assert list(made.keys.manifest.files) == ["keys.dump"]
    assert made.keys.manifest.started_at == made.data.manifest.started_at
    assert str(person) not in json.dumps([*made.data.manifest.rows])


def test_nobody_else_can_read_a_backup(db: Transactions, tmp_path: Path):
    folder = tmp_path / "backups"
    back_up(db, folder)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files_in(folder)} == {0o600}
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_the_newest_claim_of_each_queue_is_noted(db: Transactions, tmp_path: Path):
    claim = "INSERT INTO inbox (consumer, event_id) VALUES ('grid.on_finding_raised', :id)"
    for event in ("01990000-0000-7000-8000-000000000001", "01990000-0001-7000-8000-000000000000"):
        execute(db, claim, id=event)
    (heard,) = back_up(db, tmp_path).data.manifest.heard.items()
    assert heard[0] == "grid.on_finding_raised"
    assert int(heard[1].timestamp() * 1000) == 0x019900000001


def test_what_has_not_come_to_its_end_is_no_backup(db: Transactions, tmp_path: Path):
    shelf = Shelf(tmp_path)
    part = shelf.begin("grid", "data", real_now())
    (part / "database.dump").write_bytes(b"half")
    assert shelf.backups("grid") == []
    with pytest.raises(NoBackup):
        shelf.find("grid", LATEST)
    made = back_up(db, tmp_path)
    assert not part.exists()
    assert [one.folder for one in shelf.backups("grid")] == [made.data.folder]


def test_a_dump_that_fails_says_why_in_the_tools_own_words(db: Transactions, tmp_path: Path):
    tools = PostgresTools(db.engine.url.render_as_string(hide_password=False))
    with pytest.raises(PostgresToolFailed, match="snapshot") as failure:
        tools.dump(tmp_path / "dump", "no-such-snapshot")
    assert str(db.engine.url.password) not in str(failure.value)


def test_a_password_is_not_on_the_command_line(db: Transactions, tmp_path: Path):
    tools = PostgresTools(db.engine.url.render_as_string(hide_password=False))
    with ThreadPoolExecutor(1) as pool, tools.connect() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        with db.engine.begin() as locking:
            locking.exec_driver_sql("LOCK TABLE residents IN ACCESS EXCLUSIVE MODE")
            dump = pool.submit(tools.dump, tmp_path / "dump", snapshot)
            line = eventually(lambda: command_line(str(tmp_path / "dump")))
        dump.result()
    assert line.split("\0")[0].endswith("pg_dump")
    assert str(db.engine.url.password) not in line


def command_line(word: str) -> str:
    """Return the command line of the process that was told a word, as anybody here sees it."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if f"--file={word}" in line.split("\0"):
            return line
    return ""


def test_a_changed_or_cut_file_is_found_out(db: Transactions, tmp_path: Path):
    backup = back_up(db, tmp_path).data
    backup.check()
    dump = backup.folder / "database.dump"
    content = dump.read_bytes()
    dump.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BackupBroken, match=r"database\.dump was changed"):
        backup.check()
    assert backup.looks_whole()
    dump.write_bytes(content[:-1])
    with pytest.raises(BackupBroken, match="missing or cut"):
        backup.check()
    assert not backup.looks_whole()


def test_a_folder_without_manifest_is_refused(tmp_path: Path):
    with pytest.raises(BackupBroken, match=r"manifest\.json"):
        read(tmp_path)


def test_a_backup_of_another_service_is_refused(db: Transactions, tmp_path: Path):
    made = back_up(db, tmp_path)
    with pytest.raises(BackupBroken, match="data of grid, not data of gateway"):
        Shelf(tmp_path).find("gateway", str(made.data.folder))


def test_two_at_once_are_one_and_a_refusal(db: Transactions, tmp_path: Path):
    with Shelf(tmp_path).alone("grid"), pytest.raises(BackupUnderWay):
        back_up(db, tmp_path)


def test_backups_go_when_they_are_too_old_keys_sooner_and_the_newest_never(
    db: Transactions, tmp_path: Path
):
    shelf = Shelf(tmp_path)
    first, second = back_up(db, tmp_path), back_up(db, tmp_path)
    now = second.data.manifest.started_at
    assert shelf.delete_before("grid", "data", now - DAY) == []
    assert shelf.delete_before("grid", "keys", now) == [first.keys.folder]
    assert shelf.delete_before("grid", "keys", now + DAY) == []
    assert shelf.delete_before("grid", "data", now + DAY) == [first.data.folder]
    assert shelf.backups("grid")[0].folder == second.data.folder


def test_the_age_of_the_newest_whole_backup_is_known(db: Transactions, tmp_path: Path):
    shelf = Shelf(tmp_path)
    assert shelf.age_of_newest("grid", real_now()) is None
    first, second = back_up(db, tmp_path), back_up(db, tmp_path)
    (second.data.folder / "database.dump").unlink()
    now = first.data.manifest.started_at + timedelta(hours=3)
    assert shelf.age_of_newest("grid", now) == timedelta(hours=3)


def test_erasures_stay_in_their_file_although_a_restored_database_lacks_them(
    db: Transactions, tmp_path: Path
):
    gone, later = resident(db), resident(db)
    erase(db, gone)
    assert back_up(db, tmp_path).erasures == 1
    execute(db, "ALTER TABLE erasure_log DISABLE TRIGGER USER")
    execute(db, "DELETE FROM erasure_log")
    erase(db, later)
    assert back_up(db, tmp_path).erasures == 2
    file = Shelf(tmp_path).erasures("grid")
    assert {row.person_id for row in read_erasures("grid", file.read_bytes())} == {gone, later}
