"""Own the process: both doors, until SIGTERM."""

import argparse
import signal
import threading
from pathlib import Path

from deploy.mailcatcher.kept import Kept
from deploy.mailcatcher.server import smtp_door, view_door
from shared.config import Address


def main() -> None:
    """Keep what comes until the process is told to stop."""
    given = _arguments()
    kept = Kept(given.folder)
    smtp, view = smtp_door(given.bind, kept), view_door(given.http, kept)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    smtp.start()
    threading.Thread(target=view.serve_forever, name="view", daemon=True).start()
    print(f"catching e-mail on {given.bind.host}:{given.bind.port} into {given.folder}", flush=True)
    stop.wait()
    view.shutdown()
    view.server_close()
    smtp.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy.mailcatcher", description=__doc__)
    parser.add_argument("--bind", type=Address.parse, default=Address("127.0.0.1", 1025))
    parser.add_argument("--http", type=Address.parse, default=Address("127.0.0.1", 1080))
    parser.add_argument("--folder", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
