"""Every service against its own OpenAPI document, by a stranger that never tires: schemathesis.

All its checks, in all its phases: the examples, every bound of every field, random ones, and chains
of calls in which one's answer is the next one's input.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from services.gateway import key_commands
from shared.database import Transactions
from shared.messaging.topology import SERVICES
from tests.processes import ROOT, Process
from tests.tokens import know_key, token

EXAMPLES = "10"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_keeps_to_what_its_document_says(
    database_of: Callable[[str], Transactions], tmp_path: Path, service: str
) -> None:
    db = database_of(service)
    if service == "gateway":
        key_commands.init(db, "operator:test")
        know_key(db)
    url = db.engine.url.render_as_string(hide_password=False)
    process = Process(("api", service), {"LINLI_DATABASE_URL": url}, tmp_path / "api.log")
    try:
        process.wait_ready()
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "schemathesis"),
                *("--config-file", str(ROOT / "tests" / "security" / "schemathesis.toml")),
                "run",
                f"{process.address}/api/v1/{service}/openapi.json",
                *("--header", f"Authorization: Bearer {token(areas=('32',))}"),
                *("--max-examples", EXAMPLES, "--seed", "20261124", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-20_000:] + done.stderr + process.tail()
    finally:
        process.end()
