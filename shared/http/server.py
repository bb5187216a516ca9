"""Owns the API process: gunicorn with one process and a pool of threads; replicas scale it."""

import gc
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from shared.config import Address, number

_THREADS = 16


class QuietLogger(Logger):
    """gunicorn's log through ours, so that every line of a process has one form."""

    def setup(self, cfg: Any) -> None:
        """Leave handlers and format to shared/log.py."""
        self.error_log.propagate = True
        self.access_log.disabled = True


class Server(BaseApplication):
    """gunicorn, configured from code instead of files and flags."""

    def __init__(self, app: Flask, address: Address) -> None:
        self._app = app
        self._address = address
        super().__init__()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        options = {
            "bind": f"{self._address.host}:{self._address.port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": threads(),
            "timeout": 120,
            "graceful_timeout": 20,
            "keepalive": 75,
            "worker_tmp_dir": "/dev/shm",
            "limit_request_line": 8190,
            "proc_name": "linli-api",
            "logger_class": "shared.http.server.QuietLogger",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the WSGI application; what is loaded by now needs no garbage collection."""
        gc.collect()
        gc.freeze()
        return self._app


def threads() -> int:
    """Return how many requests one process answers at once."""
    return number("LINLI_HTTP_THREADS", _THREADS)
