"""Owns what operators do with signing keys from the command line."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.gateway.usecases.signing_keys import (
    KeyView,
    current_set,
    drop_signing_key,
    init_signing_keys,
    rotate_signing_keys,
    show_signing_keys,
)
from shared.clock import real_now
from shared.contracts import dump
from shared.database import Transactions


def init(db: Transactions, who: str) -> KeyView | None:
    """Make the first key; return None when there is one."""
    return db.change(init_signing_keys, who, real_now())


def rotate(db: Transactions, who: str, at_once: bool) -> KeyView:
    """Announce a new key."""
    return db.change(rotate_signing_keys, who, at_once, real_now())


def drop(db: Transactions, who: str, kid: str) -> KeyView | None:
    """End a key at once; return the new one if that was the last."""
    return db.change(drop_signing_key, who, kid, real_now())


def show(db: Transactions) -> list[KeyView]:
    """Return all keys that are not over."""
    return db.read(show_signing_keys, real_now())


def export(db: Transactions) -> dict[str, Any]:
    """Return the public set of keys as its event carries it."""

    def read(session: Session, at: datetime) -> dict[str, Any]:
        return dump(current_set(session, at))

    return db.read(read, real_now())
