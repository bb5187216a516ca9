"""Owns the proof of the way back: what a backup holds returns, who was erased does not."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from services.grid.domain.case_identity import case_of_finding
from services.grid.usecases.filing import open_rectification_case
from shared.backup.loading import DatabaseNotEmpty
from shared.backup.manifest import BackupBroken, read
from shared.backup.shelf import LATEST, Shelf
from shared.database import Transactions
from shared.messaging.leap import STEP, leap
from shared.privacy.erasure_file import ErasureFileBroken
from shared.privacy.personal import PersonKeyMissing
from tests.databases import DatabaseServer, SetClock
from tests.factories import finding_raised
from tests.usecases.backup.grounds import back_up, empty, erase, load
from tests.usecases.grid import register
from tests.usecases.shared.people import execute, phone_of, resident, rows, with_residents


@pytest.fixture
def db(grid_db: Transactions) -> Transactions:
    return with_residents(grid_db)


@pytest.fixture
def fresh(database_server: DatabaseServer, clock: SetClock) -> Iterator[Transactions]:
    with empty(database_server, clock) as db:
        yield db


def test_what_a_backup_holds_comes_back_and_persons_can_be_read(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    person = resident(db)
    said = load(fresh, tmp_path, back_up(db, tmp_path).data)
    assert phone_of(fresh, person) == "13800138000"
    assert rows(fresh, "SELECT version_num FROM alembic_version") == rows(
        db, "SELECT version_num FROM alembic_version"
    )
    assert any("persons' keys" in line and line.endswith(": 1") for line in said)
    with pytest.raises(DBAPIError, match="append-only"):
        execute(fresh, "DELETE FROM erasure_log")


def test_who_was_erased_after_the_backup_is_erased_again_before_anybody_enters(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    stays, gone = resident(db), resident(db)
    old = back_up(db, tmp_path)
    erase(db, gone)
    shutil.copytree(old.keys.folder, tmp_path / "key of the erased")
    back_up(db, tmp_path)
    for keys in Shelf(tmp_path).backups("grid", "keys"):
        shutil.rmtree(keys.folder)
    shutil.copytree(tmp_path / "key of the erased", old.keys.folder)
    said = load(fresh, tmp_path, old.data)
    assert "erasures replayed: 1, 1 the backup lacked, 1 keys destroyed again" in said
    assert rows(fresh, "SELECT person_id FROM person_keys") == [stays]


def test_the_newest_keys_serve_an_older_backup_of_data(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    stays, gone = resident(db), resident(db)
    old = back_up(db, tmp_path)
    erase(db, gone)
    newer = back_up(db, tmp_path)
    Shelf(tmp_path).delete_before("grid", "keys", newer.data.manifest.started_at)
    said = load(fresh, tmp_path, old.data)
    assert "erasures replayed: 1, 1 the backup lacked, 0 keys destroyed again" in said
    assert phone_of(fresh, stays) == "13800138000"


def test_without_any_backup_of_keys_it_says_so_aloud(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    resident(db)
    made = back_up(db, tmp_path)
    shutil.rmtree(made.keys.folder)
    said = load(fresh, tmp_path, made.data)
    assert any(line.startswith("NO BACKUP OF PERSONS' KEYS") for line in said)
    assert rows(fresh, "SELECT count(*) FROM person_keys") == [0]


def test_a_backup_never_goes_over_what_is_there(db: Transactions, tmp_path: Path):
    with pytest.raises(DatabaseNotEmpty):
        load(db, tmp_path, back_up(db, tmp_path).data)


def test_a_backup_that_was_changed_is_not_loaded(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    made = back_up(db, tmp_path)
    (made.data.folder / "database.dump").write_bytes(b"")
    with pytest.raises(BackupBroken):
        load(fresh, tmp_path, made.data)
    assert rows(fresh, "SELECT to_regclass('areas')") == [None]


@pytest.mark.parametrize(("name", "value"), [("rows", {"areas": 7}), ("migration", "0000")])
def test_a_database_that_differs_from_the_manifest_is_refused(
    db: Transactions, fresh: Transactions, tmp_path: Path, name: str, value: object
):
    folder = back_up(db, tmp_path).data.folder
    said = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(said | {name: value}))
    with pytest.raises(BackupBroken, match="areas" if name == "rows" else "version"):
        load(fresh, tmp_path, read(folder))


def test_with_a_broken_file_of_erasures_nobody_is_let_in(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    erase(db, resident(db))
    made = back_up(db, tmp_path)
    file = Shelf(tmp_path).erasures("grid")
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(ErasureFileBroken):
        load(fresh, tmp_path, made.data)


def test_versions_and_numbers_of_a_restored_grid_outrank_those_that_were_lost(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    register.load(db, register.csv_of())
    first, second = finding_raised(), finding_raised()
    db.run(open_rectification_case, first)
    backup = Shelf(tmp_path).find("grid", str(back_up(db, tmp_path).data.folder))
    db.run(open_rectification_case, second)
    numbers = rows(db, "SELECT case_number FROM cases")
    load(fresh, tmp_path, backup)
    fresh.run(leap, "grid", 1)
    fresh.run(open_rectification_case, second)
    assert rows(fresh, "SELECT version FROM cases ORDER BY version") == [1, 1 + STEP]
    (again,) = rows(fresh, "SELECT case_number FROM cases WHERE version = 1")
    assert again not in numbers
    versions = "SELECT min(version) FROM areas"
    assert rows(fresh, versions) == [rows(db, versions)[0] + STEP]


def test_numbers_of_a_day_that_began_after_the_backup_are_not_given_out_twice(
    db: Transactions, fresh: Transactions, clock: SetClock, tmp_path: Path
):
    register.load(db, register.csv_of())
    made = back_up(db, tmp_path)
    clock.set(datetime(2026, 11, 24, 1, tzinfo=UTC))
    db.run(open_rectification_case, finding_raised())
    load(fresh, tmp_path, made.data)
    fresh.run(leap, "grid", 1)
    fresh.run(open_rectification_case, finding_raised())
    numbers = [rows(one, "SELECT case_number FROM cases")[0][:-1] for one in (db, fresh)]
    assert [number[-6:] for number in numbers] == ["000001", "001001"]


def test_a_backup_that_is_restored_again_outranks_what_was_said_after_the_first_time(
    db: Transactions, tmp_path: Path, database_server: DatabaseServer, clock: SetClock
):
    register.load(db, register.csv_of())
    db.run(open_rectification_case, finding_raised())
    made = back_up(db, tmp_path)
    numbers = []
    for restores in (1, 2):
        with empty(database_server, clock) as restored:
            load(restored, tmp_path, made.data)
            restored.run(leap, "grid", restores)
            restored.run(open_rectification_case, finding_raised())
            (newest,) = rows(restored, "SELECT max(case_number) FROM cases")
            numbers.append(newest[-7:-1])
            assert rows(restored, "SELECT max(version) FROM cases") == [1 + STEP * restores]
    assert numbers == ["001002", "002002"]


def test_a_case_that_is_opened_anew_is_the_same_to_others(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    register.load(db, register.csv_of())
    made = back_up(db, tmp_path)
    finding = finding_raised()
    db.run(open_rectification_case, finding)
    load(fresh, tmp_path, made.data)
    fresh.run(open_rectification_case, finding)
    assert rows(fresh, "SELECT id FROM cases") == rows(db, "SELECT id FROM cases")
    assert rows(db, "SELECT id FROM cases") == [case_of_finding(finding.finding_id)]


def test_latest_is_the_newest_and_a_name_or_folder_names_one(db: Transactions, tmp_path: Path):
    shelf = Shelf(tmp_path)
    first, second = back_up(db, tmp_path).data, back_up(db, tmp_path).data
    assert shelf.find("grid", LATEST).folder == second.folder
    for asked in (first.folder.name, str(first.folder)):
        assert shelf.find("grid", asked).folder == first.folder


def test_a_sealed_value_without_its_key_stays_shut(
    db: Transactions, fresh: Transactions, tmp_path: Path
):
    person = resident(db)
    made = back_up(db, tmp_path)
    shutil.rmtree(made.keys.folder)
    load(fresh, tmp_path, made.data)
    with pytest.raises(PersonKeyMissing):
        phone_of(fresh, person)
