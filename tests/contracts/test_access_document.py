"""docs/access.md says what the access tables say; a change of rights is seen in the review."""

from pathlib import Path

from deploy.contracts.access import document_text
from shared.messaging.topology import SERVICES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "access.md"


def test_the_document_is_what_make_contracts_writes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document_text(SERVICES)


def test_no_role_may_do_everything_and_each_may_do_something() -> None:
    text = document_text(SERVICES)
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    marks = [[cell.strip("| ") for cell in row[1:13]] for row in rows]
    for column in zip(*marks, strict=True):
        assert set(column) - {""}
        assert "" in column
