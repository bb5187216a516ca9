"""Owns the API process: gunicorn with one process and a pool of threads; replicas scale it."""

import gc
import json
import socket
from http import HTTPStatus
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from shared.config import Address, number
from shared.http import problems
from shared.ids import new_id

_THREADS = 16
_LINE_BYTES = 8190
_UNREADABLE = {
    errors.LimitRequestLine: (414, "RequestURITooLarge"),
    errors.LimitRequestHeaders: (431, "RequestHeaderFieldsTooLarge"),
    errors.UnsupportedTransferCoding: (501, "NotImplemented"),
}


class QuietLogger(Logger):
    """gunicorn's log through ours, so that every line of a process has one form."""

    def setup(self, cfg: Any) -> None:
        """Leave handlers and format to shared/log.py."""
        self.error_log.propagate = True
        self.access_log.disabled = True


class ProblemWorker(ThreadWorker):
    """gunicorn's threads, answering what can't even be read as a problem instead of HTML."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer a request that never reaches the application."""
        if not isinstance(exc, errors.ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("unreadable request", extra={"why": type(exc).__name__})
        status, name = _UNREADABLE.get(type(exc), (400, "BadRequest"))
        try:
            write_nonblock(client, unreadable(status, name))
        except OSError:
            self.log.debug("nobody waits for the answer")


def unreadable(status: int, name: str) -> bytes:
    """Return the whole answer to a request that can't be read, its language included."""
    request_id = str(new_id())
    body = {
        "type": problems.TYPE_PREFIX + problems.kind_of_http(status, name),
        "title": problems.title_of(status)[0],
        "status": status,
        "instance": f"urn:linli:request:{request_id}",
    }
    content = json.dumps(body, ensure_ascii=False).encode()
    lines = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Connection: close",
        f"Content-Type: {problems.MEDIA_TYPE}",
        f"Content-Length: {len(content)}",
        "Content-Language: zh-CN",
        f"X-Request-Id: {request_id}",
    )
    return "\r\n".join((*lines, "", "")).encode("ascii") + content


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
            "worker_class": ProblemWorker,
            "workers": 1,
            "threads": threads(),
            "timeout": 120,
            "graceful_timeout": 20,
            "keepalive": 75,
            "worker_tmp_dir": "/dev/shm",  # nosec B108: gunicorn's heartbeat, mode 0600
            "limit_request_line": _LINE_BYTES,
            "limit_request_fields": 64,
            "limit_request_field_size": _LINE_BYTES,
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
