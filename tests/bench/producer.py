"""Owns one producer: commits a row of its own and an event, again and again, as a use case does.

`python -m tests.bench.producer`. It says `ready`, then for each line with a number of seconds it
works so long and says how many transactions it committed.
"""

import sys
import time
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared import config
from shared.database import Transactions, build_engine
from shared.ids import new_id
from shared.messaging import outbox
from tests.factories import case_filed

_SAY = text("INSERT INTO said (case_id) VALUES (:id)")


def file_case(session: Session, now: datetime) -> None:
    """Write a row and say it."""
    case = case_filed(case_id=new_id())
    session.execute(_SAY, {"id": case.case_id})
    outbox.add(session, case)


def main() -> None:
    """Work when told to."""
    db = Transactions(build_engine(config.database_url(), 1))
    db.run(file_case)
    print("ready", flush=True)
    for line in sys.stdin:
        commits, until = 0, time.perf_counter() + float(line)
        while time.perf_counter() < until:
            db.run(file_case)
            commits += 1
        print(commits, flush=True)


if __name__ == "__main__":
    main()
