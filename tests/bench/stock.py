"""Owns the competitor: stock nameko and SQLAlchemy as their manuals show them, nothing of ours.

It hears the same events and writes the same row, in a session of its own for each, without an
inbox. `python -m tests.bench.stock`; nameko's own command needs `pkg_resources`, which is gone.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
from typing import Any  # noqa: E402

from nameko.events import event_handler  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from sqlalchemy import create_engine, text  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

ENGINE = create_engine(os.environ["LINLI_DATABASE_URL"])
INSERT = text("INSERT INTO effects (case_id, title) VALUES (:id, :title)")


class StockService:
    """What a nameko user writes first."""

    name = "stock"

    @event_handler("grid", "case_filed.v1")
    def on_case_filed(self, payload: dict[str, Any]) -> None:
        """Write one row."""
        with Session(ENGINE) as session:
            session.execute(INSERT, {"id": payload["case_id"], "title": payload["title"]})
            session.commit()


if __name__ == "__main__":
    runner = ServiceRunner({"AMQP_URI": os.environ["LINLI_AMQP_URL"]})
    runner.add_service(StockService)
    runner.start()
    runner.wait()
