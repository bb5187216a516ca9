"""Owns the form of an e-mail: plain text, the same Message-ID at every attempt (RFC 5322, 3834)."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from services.notifications.settings import SmtpSettings
from services.notifications.usecases.mailing import Letter


def message_of(letter: Letter, settings: SmtpSettings) -> EmailMessage:
    """Return the e-mail. No text of others can make a header of its own: line breaks are refused
    by the policy, and a subject has none.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(settings.sender_name, addr_spec=settings.sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = letter.written_at
    message["Message-ID"] = f"<{letter.delivery_id}@{settings.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.body, cte="base64")
    return message
