"""Own the form of uv.lock: every file by name and hash, found in the wheelhouse `.run/wheels`.

`uv lock` writes the address of the package index it happened to use into every line. A lock that
names files only installs the same bytes from any mirror, and from a folder on a machine without
a network (many district offices have none): `deploy/local/bootstrap` fills the folder by hash.
"""

import re
import sys
from pathlib import Path

WHEELHOUSE = ".run/wheels"


def without_index(lock: str) -> str:
    """Return the text of a uv.lock with index addresses replaced by file names."""
    lock = re.sub(r'registry = "https?://[^"]+"', f'registry = "{WHEELHOUSE}"', lock)
    lock = re.sub(r'url = "https?://[^"]+/([^"/]+)"', r'path = "\1"', lock)
    return re.sub(r', (size = \d+|upload-time = "[^"]+")', "", lock)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(without_index(path.read_text(encoding="utf-8")), encoding="utf-8")
