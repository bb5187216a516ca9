"""`linli account`, run as operators run it."""

from pathlib import Path

import pytest

from shared.database import Transactions
from tests.usecases.gateway.doors import PASSWORD, column, door, sign_in
from tests.usecases.gateway.test_commands import linli

HEADER = "username,display_name,role,areas,valid_from,valid_until"


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


@pytest.fixture
def secret(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    return str(file)


def test_the_first_administrator_is_made_once_and_signs_in(db: Transactions, secret: str) -> None:
    add = ("account", "add", "admin", "--name", "系统管理员", "--role", "administrator")
    assert linli(db, *add, "--password-file", secret).stdout == "account admin: made\n"
    assert linli(db, *add, "--password-file", secret).stdout == "account admin: there\n"
    assert sign_in(door(db), "admin").status_code == 201
    assert column(db, "SELECT who FROM audit_log LIMIT 1")[0].startswith("operator:")
    (line,) = linli(db, "account", "list").stdout.splitlines()
    assert line.endswith("\tadmin\tactive")


def test_a_weak_password_makes_nobody(db: Transactions, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("administrator")
    done = linli(
        db,
        "account",
        "add",
        "admin",
        "--name",
        "系统管理员",
        "--role",
        "administrator",
        "--password-file",
        str(file),
    )
    assert done.returncode == 1 and "guessed" in done.stderr
    assert column(db, "SELECT count(*) FROM accounts") == [0]


def test_a_file_is_loaded_whole_or_each_wrong_row_is_named(
    db: Transactions, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(f"{HEADER}\nli.na,李娜,inspector,320508,,\nx,李四,root,1,,\n", encoding="utf-8")
    refused = linli(db, "account", "load", str(file))
    assert refused.returncode == 1 and "row 3" in refused.stderr
    file.write_text(f"{HEADER}\nli.na,李娜,inspector,320508,,\n", encoding="utf-8")
    loaded = linli(db, "account", "load", str(file)).stdout.splitlines()
    assert loaded[0].startswith("li.na\t") and loaded[1] == "accounts.csv: 1 rows, 1 accounts made"
    again = linli(db, "account", "load", str(file), "--if-absent").stdout
    assert again == "accounts.csv: 0 rows, 0 accounts made\n"


def test_one_password_for_all_is_for_demos_alone(
    db: Transactions, secret: str, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(f"{HEADER}\nli.na,李娜,inspector,320508,,\n", encoding="utf-8")
    load = ("account", "load", str(file), "--password-file", secret)
    refused = linli(db, *load, LINLI_ENV="production")
    assert refused.returncode == 1 and "production" in refused.stderr
    assert linli(db, *load).returncode == 0
    assert sign_in(door(db), "li.na").status_code == 201
