"""The measures work: what they count is checked, and both forms of the result are complete."""

import json
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT

NAMES = [
    "relay_vs_single_confirm",
    "single_vs_stock_nameko",
    "batch_vs_stock_nameko",
    "e2e_p50_ms",
    "e2e_p99_ms",
]


def test_the_quick_form_measures_everything_and_keeps_it(tmp_path: Path) -> None:
    # no speed is asked for: whatever else runs on the machine would decide
    command = [sys.executable, "-m", "tests.bench", "--core", "--quick", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line.split() for line in done.stdout.splitlines()[-len(NAMES) :]]
    assert [words[:2] for words in said] == [["ratio", name] for name in NAMES]
    assert all(float(value) > 0 for _, _, value in said)
    kept = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert {one["name"]: one["value"] for one in kept["results"]} == {
        name: float(value) for _, name, value in said
    }
    assert kept["machine"]["cores"] > 0
