"""Own e-mail of the local system: a server of the operator's, or in a demo one that only keeps."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.layout import Layout
from deploy.local.secretfiles import SecretFiles
from deploy.local.settings import Installation
from deploy.mailcatcher import showing

MAILCATCHER = "mailcatcher"
SMTP = "smtp"
_URL = "LINLI_SMTP_URL"
_FROM = "LINLI_SMTP_FROM"
_CA = "LINLI_SMTP_CA"
_DEMO_FROM = "邻里（演示） <linli@linli.example>"


@dataclass(frozen=True)
class Mail:
    """Where e-mail goes. In production it waits until the operator names a server."""

    layout: Layout
    ports: Mapping[str, int]
    installation: Installation
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """What whoever starts the system chose for it."""

    @property
    def caught(self) -> bool:
        """Tell whether a server of this system keeps the e-mail: in demos only."""
        chosen = self.environ.get(_URL) or self.environ.get(f"{_URL}_FILE")
        return self.installation == "demo" and not chosen

    @property
    def folder(self) -> Path:
        """Where caught messages lie."""
        return self.layout.state / "mail"

    def environment(self, secrets: SecretFiles) -> dict[str, str | Path]:
        """Return what `notifications` is told; a URL, which may hold a password, as a file."""
        if self.caught:
            url = f"smtp://127.0.0.1:{self.ports[SMTP]}?starttls=never"
            return {_URL: url, _FROM: self.environ.get(_FROM) or _DEMO_FROM}
        given = self.environ
        told: dict[str, str | Path] = {n: given[n] for n in (_FROM, _CA) if n in given}
        if chosen := self.environ.get(_URL):
            told[f"{_URL}_FILE"] = secrets.put("url_smtp", chosen)
        elif named := self.environ.get(f"{_URL}_FILE"):
            told[f"{_URL}_FILE"] = named
        return told

    def command(self) -> tuple[str, ...]:
        """Return what runs the server that keeps."""
        python = str(self.layout.checkout / ".venv" / "bin" / "python")
        doors = [f"127.0.0.1:{self.ports[name]}" for name in (SMTP, MAILCATCHER)]
        bind, http = doors
        options = ("--bind", bind, "--http", http, "--folder", str(self.folder))
        return (python, "-m", "deploy.mailcatcher", *options)


def show(layout: Layout, most: int = 10) -> None:
    """Print the last messages that were caught, the newest last."""
    showing.show(layout.state / "mail", most)
