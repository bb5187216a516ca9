"""The keys that sign: the first, the next, the end of one; and the others' doors meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.gateway import key_commands
from services.gateway.domain.signing_keys import LEAD, TAIL, NoSigningKey, SigningKeyUnknown
from services.gateway.usecases.signing_keys import (
    current_set,
    drop_signing_key,
    init_signing_keys,
    rotate_signing_keys,
    signing_key,
)
from shared.auth.known import authenticate, learn_signing_keys
from shared.auth.tokens import TokenInvalid, sign
from shared.clock import real_now
from shared.contracts import schema_of
from shared.contracts.gateway import SigningKeysChangedV1
from shared.database import Transactions
from tests.observe import outbox_of
from tests.unit.shared.test_tokens import CLAIMS

WHO = "operator:test"


@pytest.fixture
def db(gateway_db: Transactions) -> Transactions:
    return gateway_db


def test_nobody_signs_before_there_is_a_key(db: Transactions) -> None:
    with pytest.raises(NoSigningKey):
        db.read(signing_key, real_now())


def test_the_first_key_signs_at_once_and_a_second_first_one_is_not_made(db: Transactions) -> None:
    at = real_now()
    first = db.change(init_signing_keys, WHO, at)
    assert db.read(signing_key, at).kid == first.kid
    assert db.change(init_signing_keys, WHO, at) is None
    assert len(outbox_of(db)) == 1


def test_a_new_key_is_known_everywhere_before_it_signs(
    db: Transactions, grid_db: Transactions
) -> None:
    at = real_now()
    first = db.change(init_signing_keys, WHO, at).kid
    second = db.change(rotate_signing_keys, WHO, False, at).kid
    assert db.read(signing_key, at + LEAD - timedelta(seconds=1)).kid == first
    assert db.read(signing_key, at + LEAD).kid == second
    grid_db.run(learn_signing_keys, outbox_of(db)[-1][1])
    last = at + LEAD - timedelta(seconds=1)
    old = sign(CLAIMS, db.read(signing_key, last), last)
    new = sign(CLAIMS, db.read(signing_key, at + LEAD), at + LEAD)
    for said in (old, new):
        assert grid_db.read(authenticate, said, "grid", at + LEAD + timedelta(minutes=9))
    over = at + LEAD + TAIL
    with pytest.raises(TokenInvalid):
        grid_db.read(authenticate, old, "grid", over)
    assert [key.kid for key in db.read(current_set, over).keys] == [second]


def test_a_dropped_key_signs_no_more_and_what_it_signed_ends_with_the_event(
    db: Transactions, grid_db: Transactions
) -> None:
    at = real_now()
    first = db.change(init_signing_keys, WHO, at).kid
    said = sign(CLAIMS, db.read(signing_key, at), at)
    new = db.change(drop_signing_key, WHO, first, at)
    assert db.read(signing_key, at).kid == new.kid
    grid_db.run(learn_signing_keys, outbox_of(db)[-1][1])
    with pytest.raises(TokenInvalid):
        grid_db.read(authenticate, said, "grid", at)
    with pytest.raises(SigningKeyUnknown):
        db.change(drop_signing_key, WHO, first, at)


def test_sets_are_numbered_upwards_and_the_gateways_own_door_knows_the_newest(
    db: Transactions,
) -> None:
    at = real_now()
    db.change(init_signing_keys, WHO, at)
    db.change(rotate_signing_keys, WHO, True, at)
    versions = [data.version for _, data in outbox_of(db)]
    assert versions == sorted(set(versions))
    with db.engine.connect() as connection:
        known = connection.execute(text("SELECT DISTINCT set_version FROM signing_keys"))
        assert known.scalars().all() == [versions[-1]]


def test_what_is_exported_installs_elsewhere(db: Transactions, grid_db: Transactions) -> None:
    at = real_now()
    db.change(init_signing_keys, WHO, at)
    exported: dict[str, Any] = key_commands.export(db)
    grid_db.run(learn_signing_keys, schema_of(SigningKeysChangedV1).load(exported))
    said = sign(CLAIMS, db.read(signing_key, at), at)
    assert grid_db.read(authenticate, said, "grid", real_now()) == CLAIMS


def test_the_private_half_lies_sealed(db: Transactions) -> None:
    db.change(init_signing_keys, WHO, real_now())
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT sealed FROM gateway_signing_keys")).scalars().all()
    assert rows and not any(b"PRIVATE" in bytes(row) for row in rows)
