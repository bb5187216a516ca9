"""Owns the start of our worker with one handler: `python -m tests.bench.worker single|batch`."""

import os
import sys


def main() -> None:
    """Patch the standard library before anything else is imported, then run as `linli` would."""
    os.environ["PSYCOPG_WAIT_FUNC"] = "wait_selector"
    import eventlet

    eventlet.monkey_patch()
    from shared import log
    from shared.messaging.hosting import run_worker
    from tests.bench.handlers import Batch, Single

    log.configure("bench")
    run_worker({"single": Single, "batch": Batch}[sys.argv[1]])


if __name__ == "__main__":
    main()
