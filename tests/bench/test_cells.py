"""The measure of point → cell works, on a small city."""

from pathlib import Path

from deploy.local.nodes import PrivateNodes
from tests.bench.cells import measure
from tests.bench.ground import Ground


def test_both_ways_to_a_cell_are_measured(tmp_path: Path) -> None:  # G01
    with PrivateNodes() as nodes:
        found = measure(Ground(nodes, tmp_path), 700, 0.5)
    assert [one.name for one in found] == ["cell_at", "cell_at_http"]
    assert all(one.answers > 10 and one.p50_ms <= one.p95_ms <= one.p99_ms for one in found)
