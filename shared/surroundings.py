"""Owns the look at what the system stands on: disks, and the certificate of its front door.

The watch measures it, since it alone runs once: the others would all say the same.
"""

import logging
import math
import os
import shutil
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography import x509

from shared import config, metrics
from shared.config import Address

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Surroundings:
    """Folders by name, and where the front door speaks TLS, if it does."""

    folders: Mapping[str, str]
    door: Address | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Surroundings":
        """Return what this installation names.

        Raises:
            BadConfiguration: when a folder is not there or a value can't be read.
        """
        folders = config.pairs("LINLI_WATCHED_FOLDERS", environ)
        for folder in folders.values():
            if not Path(folder).is_dir():
                raise config.BadConfiguration(f"LINLI_WATCHED_FOLDERS: {folder} is no folder")
        return cls(folders, config.tls_address(environ))

    def measure_disks(self) -> None:
        """Measure at each scrape the disks on which the folders lie."""
        for name, folder in self.folders.items():
            metrics.DISK_FREE.labels(name).set_function(partial(_bytes, Path(folder), "free"))
            metrics.DISK_SIZE.labels(name).set_function(partial(_bytes, Path(folder), "total"))

    def look(self) -> None:
        """Measure how long the certificate holds that the front door shows."""
        if self.door is not None:
            look_at_certificate(self.door)


def look_at_certificate(door: Address) -> None:
    """Measure the certificate that is shown, not the one in its file: nginx goes on showing the
    old one until it is told to read the new."""
    address = f"{door.host}:{door.port}"
    try:
        ends = x509.load_der_x509_certificate(_shown_by(door)).not_valid_after_utc
    except OSError as error:
        log.warning("certificate not seen", extra={"address": address, "why": str(error)})
        return
    metrics.CERTIFICATE_EXPIRY.labels(address).set(ends.timestamp())


def _shown_by(door: Address) -> bytes:
    context = ssl.create_default_context()
    # also one that has ended, or is for another name, is to be seen
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((door.host, door.port), timeout=_TIMEOUT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=door.host) as safe,
    ):
        return safe.getpeercert(binary_form=True) or b""


def _bytes(folder: Path, what: str) -> float:
    """NaN when a disk is gone: one folder must not take the other metrics away."""
    try:
        return float(getattr(shutil.disk_usage(folder), what))
    except OSError:
        return math.nan
