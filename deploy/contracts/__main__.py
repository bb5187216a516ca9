"""Owns `make contracts`: writes asyncapi.yaml, contracts/, openapi/, problems.md and access.md in
docs/, or says why it must not.
"""

import sys
from pathlib import Path

from deploy.contracts import access
from deploy.contracts.asyncapi import document_text
from deploy.contracts.openapi import documents
from deploy.contracts.problems_page import page_text
from deploy.contracts.published import plan
from shared.messaging.topology import EVENTS, SERVICES

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENT = CHECKOUT / "docs" / "asyncapi.yaml"
OPENAPI = CHECKOUT / "docs" / "openapi"
PROBLEMS = CHECKOUT / "docs" / "problems.md"
ACCESS = CHECKOUT / "docs" / "access.md"
PUBLISHED = CHECKOUT / "docs" / "contracts"
SAMPLES = CHECKOUT / "tests" / "contracts" / "samples"
_ADVICE = (
    "make contracts: nothing was written. A published version may only gain optional fields;\n"
    "next: undo the change, or give it a new version (a new class beside the old one, both said)"
)


def main() -> None:
    """Write what changed and name every file; exit 1 when a published version would break."""
    planned = plan(EVENTS, PUBLISHED, SAMPLES)
    if planned.refused:
        sys.exit("\n".join([*planned.refused, _ADVICE]))
    PUBLISHED.mkdir(parents=True, exist_ok=True)
    for name, text in planned.texts.items():
        _write(PUBLISHED / f"{name}.json", text)
    for name in planned.retired:
        (PUBLISHED / f"{name}.json").unlink()
        print(f"docs/contracts/{name}.json: deleted, the event was retired")
    _write(DOCUMENT, document_text(EVENTS, SAMPLES))
    OPENAPI.mkdir(exist_ok=True)
    for service, text in documents().items():
        _write(OPENAPI / f"{service}.json", text)
    _write(PROBLEMS, page_text())
    _write(ACCESS, access.document_text(SERVICES))


def _write(file: Path, text: str) -> None:
    name = file.relative_to(CHECKOUT).as_posix()
    before = file.read_text(encoding="utf-8") if file.exists() else None
    if before == text:
        print(f"{name}: unchanged")
        return
    file.write_text(text, encoding="utf-8")
    print(f"{name}: {'new' if before is None else 'changed'}")


if __name__ == "__main__":
    main()
