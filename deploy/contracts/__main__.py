"""Owns `make contracts`: writes docs/asyncapi.yaml and docs/contracts/, or says why it must not."""

import sys
from pathlib import Path

from deploy.contracts.asyncapi import document_text
from deploy.contracts.published import plan
from shared.messaging.topology import EVENTS

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENT = CHECKOUT / "docs" / "asyncapi.yaml"
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
