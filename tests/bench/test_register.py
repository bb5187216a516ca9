"""The part of the bench that asks the register: what it keeps and what it calls missed."""

import json
from pathlib import Path

from tests.bench.register import FLOORS, missed, table, write


def test_a_number_that_reaches_its_floor_is_missed(tmp_path: Path) -> None:
    found = {name: floor / 2 for name, floor in FLOORS.items()} | {"cell_at_p50_ms": 99.0}
    assert missed(found) == []
    found["cell_at_p95_ms"] = FLOORS["cell_at_p95_ms"]
    assert missed(found) == ["cell_at_p95_ms"]
    assert "under 5" in table(found).splitlines()[0]
    path = write(tmp_path, "quick", {"cores": 2}, found)
    latest = (tmp_path / "register-latest.json").read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8") == latest
    assert json.loads(latest)["found"] == found
