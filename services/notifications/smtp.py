"""Owns the talk with the mail server: one connection for some letters, and what answers mean.

Answers of servers repeat addresses; so none is stored, logged or counted as it came.
"""

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from services.notifications.domain.deliveries import Outcome
from services.notifications.letters import message_of
from services.notifications.settings import SmtpSettings
from services.notifications.usecases.mailing import Letter, Posted

ANSWER_SECONDS = 20.0
"""So long the server may take for each answer."""


class ServerAway(Exception):
    """The server can't be used now; what isn't sent yet is to be tried again."""


class SmtpServer:
    """A mail server that letters are handed to."""

    def __init__(self, settings: SmtpSettings, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._settings = settings
        self._seconds = answer_seconds

    def post(self, letters: Sequence[Letter]) -> Iterator[Posted]:
        """Hand the letters over one by one, and yield what became of each at once.

        Once the server is away all that are left count as tried; the caller may stop between two.
        """
        left = list(letters)
        try:
            with self._connected() as connection:
                while left:
                    outcome, answer = self._send(connection, left[0])
                    letter = left.pop(0)
                    yield Posted(letter.delivery_id, letter.attempt, outcome, answer)
        except ServerAway as away:
            for letter in left:
                yield Posted(letter.delivery_id, letter.attempt, "unreachable", str(away))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Connect, secure the way and sign in.

        Raises:
            ServerAway
        """
        connection = self._opened()
        try:
            yield connection
            # what was sent is accepted; nothing depends on the goodbye
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
        finally:
            connection.close()

    def _opened(self) -> smtplib.SMTP:
        told, seconds = self._settings, self._seconds
        try:
            if told.security == "tls":
                connection: smtplib.SMTP = smtplib.SMTP_SSL(
                    told.host, told.port, told.domain, timeout=seconds, context=told.tls()
                )
            else:
                connection = smtplib.SMTP(told.host, told.port, told.domain, timeout=seconds)
        except (smtplib.SMTPException, OSError) as error:
            raise ServerAway(_why(error)) from error
        try:
            if told.security == "starttls":
                connection.starttls(context=told.tls())
            if told.user:
                connection.login(told.user, told.password)
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise ServerAway(_why(error)) from error
        return connection

    def _send(self, connection: smtplib.SMTP, letter: Letter) -> tuple[Outcome, str]:
        message = message_of(letter, self._settings)
        try:
            connection.send_message(message, self._settings.sender, [letter.to])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            return _meant("recipient", code)
        except smtplib.SMTPDataError as error:
            return _meant("content", error.smtp_code)
        except (smtplib.SMTPException, OSError) as error:
            raise ServerAway(_why(error)) from error
        return "sent", "accepted"


def _meant(what: str, code: int) -> tuple[Outcome, str]:
    """Return what an answer about one letter means: 5xx is for good, 4xx for now (RFC 5321)."""
    if code >= 500:
        return "refused", f"{what} refused with {code}"
    return "unreachable", f"{what} deferred with {code}"


def _why(error: Exception) -> str:
    """Return what kept us from the server, in words that repeat nothing of it."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} with {error.smtp_code}"
    return type(error).__name__
