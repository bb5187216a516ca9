"""What a machine finds wrong by reading the code: bandit, and words that are never right here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    path
    for folder in ("shared", "services", "deploy")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def test_bandit_finds_nothing() -> None:
    found = subprocess.run(
        [
            str(Path(sys.executable).parent / "bandit"),
            *("-q", "-r", "-c", "pyproject.toml", "shared", "services", "deploy"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_every_exception_from_bandit_names_its_rule_and_its_reason() -> None:
    for path in CODE:
        for line in path.read_text("utf-8").splitlines():
            if "nosec" in line:
                assert re.search(r"# nosec B\d{3}: .{5,}", line), f"{path}: {line}"


@pytest.mark.parametrize(
    "never",
    [
        r"shell\s*=\s*True",
        r"verify\s*=\s*False",
        r"yaml\.load\(",
        r"\bpickle\b",
        r"\beval\(",
        r"\bexec\(",
        r"os\.system\(",
        r"ssl\._create_unverified_context",
        r"algorithms?\s*=\s*None",
    ],
)
def test_what_is_never_right_stands_nowhere(never: str) -> None:
    assert [str(path) for path in CODE if re.search(never, path.read_text("utf-8"))] == []


def test_the_repository_holds_no_secret() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    secret = re.compile(
        r"-----BEGIN (?:EC |RSA |OPENSSH )?PRIVATE KEY-----|AKIA[0-9A-Z]{16}"
        r"|\bls_[A-Za-z0-9_-]{43}\b|\blr_[A-Za-z0-9_-]{43}\b"
    )
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix not in (".gz", ".png"):
            assert not secret.search(path.read_text("utf-8", "replace")), name
