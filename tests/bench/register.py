"""Owns the measures of the register: where a point lies, who answers there, what the linter takes.

100,000 cells, 3,000 posts, 60 classes; the floors are those of issue 7.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.nodes import PrivateNodes
from shared.database import Transactions, build_engine
from shared.http.limits import limit_statements
from tests.bench import cells, matrix
from tests.bench.ground import Ground
from tests.bench.matrix import Size

FLOORS = {
    "cell_at_p95_ms": 5.0,
    "matrix_lint_whole_seconds": 20.0,
    "matrix_lint_part_seconds": 1.0,
    "matrix_owner_draft_p95_ms": 5.0,
    "matrix_owner_activated_p95_ms": 5.0,
}
"""What a number has to stay under; through HTTP, client and server share two cores, so none."""


@dataclass(frozen=True)
class RegisterSizes:
    """How much there is, and how long points are asked for."""

    matrix: Size
    cells: int
    seconds: float


FULL = RegisterSizes(Size(), 100_000, 10.0)
QUICK = RegisterSizes(Size(cells=600, posts=150, lookups=20), 700, 0.5)


def measure(
    nodes: PrivateNodes, folder: Path, sizes: RegisterSizes, say: Callable[[str], None]
) -> dict[str, float]:
    """Fill two districts and ask; return every number by its name."""
    say(f"{sizes.cells:,} cells: where does a point lie …")
    found: dict[str, float] = {}
    for one in cells.measure(Ground(nodes, folder), sizes.cells, sizes.seconds):
        found |= {f"{one.name}_p50_ms": one.p50_ms, f"{one.name}_p95_ms": one.p95_ms}
    size = sizes.matrix
    say(f"{size.cells:,} cells, {size.posts:,} posts, {size.classes} classes: who answers …")
    ground = Ground(nodes, folder)
    db = Transactions(build_engine(ground.url("grid").replace("://", "+psycopg://", 1)))
    limit_statements(db.engine)
    try:
        matrix.fill(db, size)
        return found | matrix.measure(db, size)
    finally:
        db.engine.dispose()
        ground.end()


def missed(found: dict[str, float]) -> list[str]:
    """Return the numbers that are not under their floor."""
    return [name for name, floor in FLOORS.items() if found[name] >= floor]


def table(found: dict[str, float]) -> str:
    """Return the numbers and their floors, a line each."""
    lines = []
    for name, value in found.items():
        floor = f"under {FLOORS[name]:g}" if name in FLOORS else ""
        lines.append(f"{name:<34}{value:>10.3f}  {floor}".rstrip())
    return "\n".join(lines)


def write(folder: Path, form: str, facts: dict[str, object], found: dict[str, float]) -> Path:
    """Keep a run."""
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = json.dumps({"form": form, "machine": facts, "found": found}, indent=1) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "register-latest.json").write_text(kept, encoding="utf-8")
    path = folder / f"register-{at}.json"
    path.write_text(kept, encoding="utf-8")
    return path
