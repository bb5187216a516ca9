"""Owns the audit trail: rows chained by their hashes, one after the other, for ever.

What a row's hash covers stands in chain.py; verification.py finds what was tampered with.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.audit.chain import Entry, require_plain
from shared.audit.schemas import AuditLine, AuditPage, ListAudit
from shared.audit.tables import AuditHead, AuditRow
from shared.http.listing import Listing, newest

_LATEST = Listing("audit", {"-position": (newest(AuditRow.position),)})


def record(
    session: Session,
    *,
    who: str,
    action: str,
    subject: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    """Write on the chain who did what to which thing; it holds when the transaction commits.

    Call it last in a use case: from here to the commit nobody else can write. `who` is an id or
    `operator:<login>`, `subject` is `<kind>:<id>`; nothing in `facts` may be personal data.

    Raises:
        TypeError: when a fact is no text, whole number, bool, null or list of them.
    """
    plain = require_plain(facts)
    session.flush()
    head = session.scalars(
        select(AuditHead).with_for_update().execution_options(populate_existing=True)
    ).one()
    entry = Entry(
        position=head.position + 1, at=now, who=who, action=action, subject=subject, facts=plain
    )
    new = entry.hash_after(head.hash)
    session.add(AuditRow(**vars(entry), previous=head.hash, hash=new))
    head.position, head.hash = entry.position, new
    session.flush()


def list_audit(session: Session, wanted: ListAudit) -> AuditPage:
    """Return a page of the audit, the newest first.

    Raises:
        BadCursor: when `after` is no mark of this list.
    """
    found = select(AuditRow)
    if wanted.subject is not None:
        found = found.where(AuditRow.subject == wanted.subject)
    if wanted.who is not None:
        found = found.where(AuditRow.who == wanted.who)
    if wanted.action is not None:
        found = found.where(AuditRow.action == wanted.action)
    page = _LATEST.page(session, found, wanted)
    return AuditPage(items=[_line_of(row) for row in page.items], next=page.next)


def _line_of(row: AuditRow) -> AuditLine:
    return AuditLine(
        position=row.position,
        at=row.at,
        who=row.who,
        action=row.action,
        subject=row.subject,
        facts=row.facts,
    )
