"""Own the two doors: SMTP that takes everything, and a view that reads it (HTTP, JSON)."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from deploy.mailcatcher.kept import Kept
from shared.config import Address

_MOST_SHOWN = 100


class Catcher:
    """What the SMTP server does with a message: keep it."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        """Keep the message."""
        content = envelope.content or b""
        plain = content.encode() if isinstance(content, str) else content
        self._kept.keep(plain, envelope.rcpt_tos)
        return "250 kept, and sent nowhere"


class View(BaseHTTPRequestHandler):
    """`/messages?to=ADDRESS&limit=20` (the newest first), `/messages/ID`, `/readyz`."""

    kept: Kept

    def do_GET(self) -> None:
        """Answer in JSON."""
        url = urlsplit(self.path)
        if url.path == "/readyz":
            self._answer(200, {"status": "ready"})
        elif url.path == "/messages":
            self._answer(200, self._listed(parse_qs(url.query)))
        elif found := self.kept.one(url.path.removeprefix("/messages/")):
            self._answer(200, found.as_plain())
        else:
            self._answer(404, {"status": "there is no such message"})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: readiness is asked all the time."""

    def _listed(self, query: dict[str, list[str]]) -> dict[str, Any]:
        limit = query.get("limit", ["20"])[0]
        most = min(int(limit), _MOST_SHOWN) if limit.isdecimal() else 20
        to = query.get("to")
        found = self.kept.newest(most, to[0] if to else None)
        return {"items": [one.as_plain() for one in found]}

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body, ensure_ascii=False, indent=1).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def smtp_door(address: Address, kept: Kept) -> Controller:
    """Return the SMTP server, not started yet."""
    return Controller(Catcher(kept), hostname=address.host, port=address.port)


def view_door(address: Address, kept: Kept) -> ThreadingHTTPServer:
    """Return the view, not serving yet."""
    handler = type("ViewOfFolder", (View,), {"kept": kept})
    return ThreadingHTTPServer((address.host, address.port), handler)
