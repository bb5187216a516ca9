"""What another system may be given, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.domain.clients import (
    ClientAlreadyOver,
    ScopeUnknown,
    Secret,
    Standing,
    granted_scopes,
    holds,
    may_have_tokens,
    require_future,
    require_scopes,
    retired,
)
from services.gateway.domain.scopes import SCOPES, services_of

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
READ, WRITE = "grid.cases:read", "grid.cases:write"


@pytest.mark.parametrize("scope", ["", "grid.cases", "grid.cases:delete", "GRID.cases:read"])
def test_a_scope_that_no_service_knows_is_refused(scope: str) -> None:
    with pytest.raises(ScopeUnknown):
        require_scopes([READ, scope])
    require_scopes(SCOPES)


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (None, (READ, WRITE)),
        (READ, (READ,)),
        (f"{WRITE} {READ} {WRITE}", (WRITE, READ)),
        ("grid.areas:read", None),
        (f"{READ} grid.areas:read", None),
        (f"{READ}  {WRITE}", None),
        (" ", None),
    ],
)
def test_a_token_has_the_scopes_asked_for_and_none_beyond_the_clients(
    asked: str | None, granted: tuple[str, ...] | None
) -> None:
    assert granted_scopes((READ, WRITE), asked) == granted


def test_a_token_is_for_the_services_of_its_scopes() -> None:
    assert services_of((READ, WRITE, "inspections.findings:read")) == ("grid", "inspections")


@pytest.mark.parametrize(
    ("standing", "may"),
    [
        (Standing(None, None), True),
        (Standing(NOON + TICK, None), True),
        (Standing(NOON, None), False),
        (Standing(None, NOON), False),
        (Standing(NOON + DAY, NOON), False),
    ],
)
def test_a_client_gets_tokens_until_it_is_over_or_revoked(standing: Standing, may: bool) -> None:
    assert may_have_tokens(standing, NOON) is may


def test_an_end_lies_in_the_future() -> None:
    require_future(None, NOON)
    require_future(NOON + TICK, NOON)
    with pytest.raises(ClientAlreadyOver):
        require_future(NOON, NOON)


@pytest.mark.parametrize(
    ("ends", "left"), [(None, DAY), (NOON + DAY + TICK, DAY), (NOON + DAY / 2, DAY / 2)]
)
def test_an_old_secret_holds_one_more_day_at_most(ends: datetime | None, left: timedelta) -> None:
    old = retired(Secret(b"", ends), NOON)
    assert old.expires_at == NOON + left
    assert holds(old, NOON + left - TICK)
    assert not holds(old, NOON + left)
