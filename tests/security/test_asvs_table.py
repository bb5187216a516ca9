"""docs/security.md has every requirement of ASVS 5.0.0, level 1 and 2, with a proof or a reason."""

import importlib
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

from services.gateway.domain import clients, lockout, sessions
from shared.auth.tokens import TOKEN_MINUTES
from shared.messaging.topology import SERVICES
from tests.test_docs import all_tests

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "security.md"
IDS = (Path(__file__).parent / "asvs_ids.txt").read_text(encoding="utf-8").split()
VERDICTS = ("held", "not applicable", "open")
REASON_CHARACTERS = 20


def text() -> str:
    """Return the document in one line, however it was wrapped."""
    return " ".join(DOCUMENT.read_text(encoding="utf-8").split())


def rows() -> list[list[str]]:
    """Return id, requirement, verdict, proof of every row."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if re.match(r"\| V\d+\.\d+\.\d+ \|", line)
    ]


def test_each_requirement_stands_in_the_table_once() -> None:
    assert [row[0] for row in rows()] == IDS
    assert len(IDS) == len(set(IDS)) == 253


def test_every_row_has_a_verdict_and_a_proof_that_exists_or_a_reason() -> None:
    known = all_tests()
    for number, requirement, verdict, proof in rows():
        assert verdict in VERDICTS, number
        assert requirement, number
        named = re.findall(r"`(test_\w+)`", proof)
        assert set(named) <= known, number
        if verdict == "held":
            assert named, number
        else:
            assert len(proof) >= REASON_CHARACTERS, number


def test_the_counts_at_the_top_are_true() -> None:
    counted = Counter(row[2] for row in rows())
    said = re.search(
        r"\*\*(\d+) held · (\d+) not applicable · (\d+) open\*\*, (\d+) in all",
        DOCUMENT.read_text(encoding="utf-8"),
    )
    assert said is not None
    assert [int(number) for number in said.groups()] == [
        *(counted[verdict] for verdict in VERDICTS),
        len(IDS),
    ]


def test_the_ways_in_are_those_of_the_access_tables() -> None:
    tables = (importlib.import_module(f"services.{name}.access").ACCESS for name in SERVICES)
    public = {action for table in tables for action, rule in table.items() if rule.public}
    said = re.search(r"Open without a token: ([a-z_` ]+)\.", text())
    assert said is not None
    assert re.findall(r"`(\w+)`", said[1]) == sorted(public)


def test_the_limits_of_sign_in_and_sessions_are_those_of_the_code() -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    waits = ", ".join(str(wait // minute) for wait in lockout.WAITS)
    for said in (
        f"{lockout.TRIES} tries of a username in {lockout.WITHIN // minute} minutes",
        f"then waits of {waits} minutes",
        f"{lockout.MISTAKES_PER_MINUTE} mistakes a minute from one address",
        f"{clients.MOST_PER_MINUTE} tokens a minute for a client",
        f"An access token holds {TOKEN_MINUTES} minutes",
        f"ends {sessions.IDLE // hour} hours after its last use",
        f"after {sessions.LONGEST.days} days in any case",
    ):
        assert said in text()


def test_every_secret_of_the_environment_is_in_the_document() -> None:
    explained = (ROOT / "deploy" / "example.env").read_text(encoding="utf-8")
    names = re.findall(r"^(LINLI_\w*(?:KEYS?|SECRET|CERTIFICATE))(?:_FILE)?=", explained, re.M)
    assert len(names) >= 5
    assert [name for name in names if f"`{name}`" not in text()] == []


def test_every_class_of_data_is_in_the_document() -> None:
    declared = text().split("## 授权与数据 / Rights and data")[1].split("## V1 ")[0]
    for name in ("*personal*", "*secret*", "*official*"):
        assert name in declared
    kinds = {
        field.kind
        for service in SERVICES
        if (ROOT / "services" / service / "personal.py").exists()
        for field in importlib.import_module(f"services.{service}.personal").PERSONAL_FIELDS
    }
    assert kinds
    assert [kind for kind in kinds if kind.replace("_", " ") not in declared] == []
