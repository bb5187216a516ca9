"""Owns what every event of every other service does here, by the class of its contract."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.notifications.domain.rules import RULES, announced_by, concerned_by
from services.notifications.usecases.telling import tell
from shared.auth import known
from shared.contracts.gateway import AccountChangedV1, SigningKeysChangedV1
from shared.contracts.grid import AreasImportedV1
from shared.register.learning import learn_areas


def hear(session: Session, event: Any, now: datetime, *, event_id: UUID) -> None:
    """Learn from an event, or tell people of it; one that has no rule is passed over.

    To pass over takes no statement besides the claim that was made before.
    """
    if (learn := _LEARNED.get(type(event))) is not None:
        learn(session, event, now)
    elif (rule := RULES.get(type(event))) is not None:
        tell(session, event_id, concerned_by(rule, event), announced_by(rule, event), now)


def _learn_areas(session: Session, event: AreasImportedV1, now: datetime) -> None:
    learn_areas(session, [event], now)


_LEARNED: Mapping[type, Callable[[Session, Any, datetime], None]] = {
    AccountChangedV1: known.learn_account,
    SigningKeysChangedV1: known.learn_signing_keys,
    AreasImportedV1: _learn_areas,
}
