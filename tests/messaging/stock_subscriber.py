"""Owns a service as a stranger writes it: stock nameko, and nothing of Linli.

Run as a program with AMQP_URI; prints one line of JSON for each event.
"""
# ruff: noqa: E402, T201 - as nameko's own `run` command does, patch before anything else

import eventlet

eventlet.monkey_patch()

import json
import os
import signal

from nameko.events import event_handler
from nameko.runners import ServiceRunner


class OaBridge:
    """Tells another system when a case is closed."""

    name = "oa_bridge"

    @event_handler("grid", "case_closed.v1")
    def on_case_closed(self, payload):
        """Tell it."""
        print(json.dumps({"heard": payload}), flush=True)


if __name__ == "__main__":
    runner = ServiceRunner(config={"AMQP_URI": os.environ["AMQP_URI"]})
    runner.add_service(OaBridge)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    runner.wait()
