"""Owns looking into the local system's mail server, which takes every e-mail and sends none."""

from pathlib import Path

from deploy.mailcatcher.kept import Kept


def mails_in(folder: Path, address: str) -> list[str]:
    """Return the e-mails, subject and text, that came to an address, the newest first."""
    return [f"{one.subject}\n{one.text}" for one in Kept(folder).newest(100, to=address)]
