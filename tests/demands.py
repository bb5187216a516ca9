"""Owns `make coverage-of-demands`: which demand rows (docs/requirements of the plans) have a test.

A test names the row that it proves in a comment on its `def` line or above it: `# G03`.
"""

import re
from pathlib import Path

ROWS = {"V": 35, "I": 44, "G": 34, "N": 14, "A": 43, "X": 22}
"""How many rows each service's part of the demands has; 192 in all."""


def all_rows() -> list[str]:
    """Return every id, `V01` to `X22`."""
    return [f"{part}{number:02}" for part, count in ROWS.items() for number in range(1, count + 1)]


def proven(folder: Path) -> dict[str, list[str]]:
    """Return each row that a test names, with the files that name it."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for line in path.read_text(encoding="utf-8").splitlines():
            comment = line[line.index("#") :] if "#" in line else ""
            for row in re.findall(r"\b[VIGNAX]\d\d\b", comment):
                files = found.setdefault(row, [])
                if path.name not in files:
                    files.append(path.name)
    return found


def report(folder: Path) -> str:
    """Return the rows with their tests, then those without."""
    tests = proven(folder)
    lines = [f"{row}  {', '.join(tests[row])}" for row in all_rows() if row in tests]
    missing = [row for row in all_rows() if row not in tests]
    return "\n".join([*lines, f"without a test: {' '.join(missing)}", f"{len(lines)} of 192 rows"])


if __name__ == "__main__":
    import sys

    sys.stdout.write(report(Path(__file__).parent) + "\n")
