"""Own `python -m deploy.mailcatcher.showing FOLDER [MOST]`: caught messages, for people to read."""

import argparse
from pathlib import Path

from deploy.mailcatcher.kept import Kept


def show(folder: Path, most: int) -> None:
    """Print the last messages of a folder, the newest last."""
    found = Kept(folder).newest(most) if folder.exists() else []
    for one in reversed(found):
        print(f"\n{one.date}\n{one.sender} -> {', '.join(one.to)}\n{one.subject}\n\n{one.text}")
        print("-" * 72)
    if not found:
        print(
            "no e-mail was caught yet; in a demo it is as soon as somebody with an address is told"
        )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="deploy.mailcatcher.showing", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("most", type=int, nargs="?", default=10)
    given = parser.parse_args()
    show(given.folder, given.most)


if __name__ == "__main__":
    main()
