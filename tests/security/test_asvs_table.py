"""docs/security.md has every requirement of ASVS 5.0.0, level 1 and 2, with a proof or a reason."""

import re
from collections import Counter
from pathlib import Path

from tests.test_docs import all_tests

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "security.md"
IDS = (Path(__file__).parent / "asvs_ids.txt").read_text(encoding="utf-8").split()
VERDICTS = ("held", "not applicable", "open")
REASON_CHARACTERS = 20


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
