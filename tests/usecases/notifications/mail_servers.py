"""Owns mail servers for tests: real ones on loopback, that take, refuse, defer or hang."""

import asyncio
import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local.ports import free_ports
from services.notifications.settings import SmtpSettings, smtp_settings

SENDER = "邻里 <linli@linli.example>"


@dataclass
class Behaviour:
    """Keeps what it takes; answers by the first word of the address it is for."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Refuse `gone`, defer `busy`, leave `silent` without an answer; take the others."""
        match address.partition(".")[0]:
            case "gone":
                return f"550 5.1.1 <{address}> has no mailbox here"
            case "busy":
                return f"451 4.7.1 <{address}> try again later"
            case "silent":
                await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        """Keep the message; refuse the content of those for `strict`."""
        if envelope.rcpt_tos[0].startswith("strict"):
            return "554 5.7.1 we don't like this content"
        content = envelope.content or b""
        assert isinstance(content, bytes)
        self.taken.append(email.message_from_bytes(content, policy=default))
        self.recipients += envelope.rcpt_tos
        self.secured.append(session.ssl is not None)
        return "250 OK"


@dataclass(frozen=True)
class MailServer:
    """A running server, and how to reach it."""

    behaviour: Behaviour
    url: str
    authority: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a worker is told of it."""
        told = {"LINLI_SMTP_URL": self.url, "LINLI_SMTP_FROM": SENDER}
        return told | ({"LINLI_SMTP_CA": str(self.authority)} if self.authority else {})

    @property
    def settings(self) -> SmtpSettings:
        """What a worker reads of that."""
        found = smtp_settings(self.environment)
        assert found is not None
        return found

    @property
    def ids(self) -> list[str]:
        """The Message-ID of each message that it took."""
        return [message["Message-ID"] for message in self.behaviour.taken]


@contextmanager
def mail_server(query: str = "?starttls=never", **options: Any) -> Iterator[MailServer]:
    """Run a server without TLS."""
    (port,) = free_ports(1)
    behaviour = Behaviour()
    controller = Controller(behaviour, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield MailServer(behaviour, f"smtp://127.0.0.1:{port}{query}")
    finally:
        controller.stop()


@contextmanager
def secure_mail_server(folder: Path) -> Iterator[MailServer]:
    """Run a server that takes nothing before STARTTLS and a sign-in as `linli`."""
    certificate, key = _certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def authenticate(
        _server: Any, _session: Any, _envelope: Any, _how: str, said: Any
    ) -> AuthResult:
        return AuthResult(success=(said.login, said.password) == (b"linli", b"geheim/1"))

    with mail_server(
        "",
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    ) as server:
        url = server.url.replace("smtp://", "smtp://linli:geheim%2F1@")
        yield MailServer(server.behaviour, url, certificate)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
