"""Owns the HTTP door of `notifications`: which address runs which use case."""

from uuid import UUID

from services.notifications import schemas
from services.notifications.usecases import deliveries, messages, recipients
from services.notifications.usecases.recipients import RecipientAsked
from shared.http.app import read, run
from shared.http.auth import caller
from shared.http.etags import (
    ETAG,
    IfMatch,
    IfMatchHeader,
    Tagged,
    expected_version,
    fingerprinted,
    tagged,
)
from shared.http.idempotency import without_idempotency_key
from shared.http.problems import language
from shared.http.routes import Routes
from shared.http.schemas import accepts, shows
from shared.privacy.export_views import ExportView

MESSAGES = Routes("messages", __name__, description="消息箱 / one's messages")
RECIPIENTS = Routes("recipients", __name__, description="收件人 / how to reach people")
DELIVERIES = Routes("deliveries", __name__, description="投递 / e-mail on its way")
BLUEPRINTS = [MESSAGES, RECIPIENTS, DELIVERIES]


@MESSAGES.get("/inbox")
@MESSAGES.arguments(accepts(schemas.ListMessages), location="query")
@MESSAGES.response(200, shows(schemas.MessagePage))
def list_messages(wanted: schemas.ListMessages) -> schemas.MessagePage:
    """One's messages, the newest first: to oneself, and to a role that one has in its area"""
    return read(messages.list_messages, wanted, caller(), language())


@MESSAGES.get("/inbox/summary")
@MESSAGES.response(200, shows(schemas.MessageSummary))
def get_message_summary() -> schemas.MessageSummary:
    """How many messages one has not read yet"""
    return read(messages.get_message_summary, caller())


@MESSAGES.get("/inbox/<uuid:message_id>")
@MESSAGES.response(200, shows(schemas.MessageView), headers=ETAG)
def get_message(message_id: UUID) -> Tagged[schemas.MessageView]:
    """One of one's messages"""
    return fingerprinted(read(messages.get_message, message_id, caller(), language()))


@MESSAGES.post("/inbox/<uuid:message_id>/read")
@MESSAGES.response(200, shows(schemas.MessageView))
def read_message(message_id: UUID) -> schemas.MessageView:
    """Note that one has read a message; what a role is told, each reads for themself"""
    return run(messages.read_message, message_id, caller(), language())


@RECIPIENTS.put("/recipients/<uuid:person_id>")
@RECIPIENTS.arguments(accepts(schemas.PutRecipient))
@RECIPIENTS.arguments(IfMatch, location="headers")
@RECIPIENTS.response(200, shows(schemas.RecipientView), headers=ETAG)
def put_recipient(
    request: schemas.PutRecipient, seen: IfMatchHeader, person_id: UUID
) -> Tagged[schemas.RecipientView]:
    """Say how a person may be reached from now on; in place of what was known before"""
    asked = RecipientAsked(person_id, caller(), expected_version(seen))
    return tagged(run(recipients.put_recipient, asked, request))


@RECIPIENTS.get("/recipients/<uuid:person_id>")
@RECIPIENTS.response(200, shows(schemas.RecipientView), headers=ETAG)
def get_recipient(person_id: UUID) -> Tagged[schemas.RecipientView]:
    """How a person may be reached, masked; oneself, or as an administrator"""
    return tagged(read(recipients.get_recipient, RecipientAsked(person_id, caller())))


@RECIPIENTS.post("/recipients/<uuid:person_id>/unmask")
@without_idempotency_key
@RECIPIENTS.arguments(accepts(schemas.WithReason))
@RECIPIENTS.response(200, shows(schemas.AddressesView))
def unmask_recipient(request: schemas.WithReason, person_id: UUID) -> schemas.AddressesView:
    """The person's addresses whole, for a reason that the audit keeps"""
    asked = RecipientAsked(person_id, caller())
    return run(recipients.unmask_recipient, asked, request.reason)


@RECIPIENTS.get("/recipients/<uuid:person_id>/export")
@RECIPIENTS.response(200, shows(ExportView))
def export_recipient(person_id: UUID) -> ExportView:
    """Everything personal that is held on the person here; the audit keeps who asked"""
    return run(recipients.export_recipient, RecipientAsked(person_id, caller()))


@RECIPIENTS.post("/recipients/<uuid:person_id>/erase")
@RECIPIENTS.arguments(accepts(schemas.WithReason))
@RECIPIENTS.response(200, shows(schemas.RecipientView))
def erase_recipient(request: schemas.WithReason, person_id: UUID) -> schemas.RecipientView:
    """Make how the person was reached unreadable for ever; what waits to be sent is cancelled"""
    asked = RecipientAsked(person_id, caller())
    return run(recipients.erase_recipient, asked, request.reason)


@DELIVERIES.get("/deliveries")
@DELIVERIES.arguments(accepts(schemas.ListDeliveries), location="query")
@DELIVERIES.response(200, shows(schemas.DeliveryPage))
def list_deliveries(wanted: schemas.ListDeliveries) -> schemas.DeliveryPage:
    """Deliveries by state, the newest first; neither addresses nor texts"""
    return read(deliveries.list_deliveries, wanted)


@DELIVERIES.post("/deliveries/<uuid:delivery_id>/retry")
@DELIVERIES.response(200, shows(schemas.DeliveryView))
def retry_delivery(delivery_id: UUID) -> schemas.DeliveryView:
    """Let a delivery that was given up begin anew"""
    return run(deliveries.retry_delivery, delivery_id, caller().id)
