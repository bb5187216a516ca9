"""Own the commands of the installation in containers: `python -m deploy.compose write|secrets`.

write             docker-compose.yml and the servers' configurations (make compose)
secrets FOLDER    every password and key that is missing; in a container, as root
    --backups FOLDER    the folder of backups, for our containers to write
"""

import argparse
import os
import sys
from pathlib import Path

from deploy.compose import document, secretfolder


def main() -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="deploy.compose", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("write")
    secrets = commands.add_parser("secrets")
    secrets.add_argument("folder", type=Path)
    secrets.add_argument("--backups", type=Path)
    given = parser.parse_args()
    return _write() if given.command == "write" else _secrets(given.folder, given.backups)


def _write() -> int:
    for path, text in document.written().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.name}")
    return 0


def _secrets(folder: Path, backups: Path | None) -> int:
    if os.geteuid() != 0:
        print("only root can give each file to its reader; run:", file=sys.stderr)
        print("docker compose run --rm secrets", file=sys.stderr)
        return 1
    before = set(folder.glob("*"))
    secretfolder.make(folder)
    secretfolder.hand_over(folder)
    if backups is not None:
        secretfolder.hand_over_backups(backups)
    now = set(folder.iterdir())
    print(f"secrets: {len(now)} in {secretfolder.FOLDER}, {len(now - before)} of them new")
    print(f"sign in as admin with the password in {secretfolder.FOLDER}/admin_password")
    return 0


if __name__ == "__main__":
    sys.exit(main())
