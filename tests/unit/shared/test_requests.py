"""Owns the proof of what a request's schema takes in."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from marshmallow import ValidationError

from shared.http.schemas import accepts


@dataclass(frozen=True)
class Appointment:
    """A request with a time in it."""

    at: datetime


def taken(at: str) -> datetime:
    request: Appointment = accepts(Appointment)().load({"at": at})
    return request.at


def test_a_time_is_taken_in_as_utc() -> None:
    at = taken("2026-11-26T08:00:00+08:00")
    assert (at, at.tzinfo) == (datetime(2026, 11, 26, tzinfo=UTC), UTC)


@pytest.mark.parametrize("at", ["1900-01-01T00:00:00Z", "9998-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_moment_are_taken(at: str) -> None:
    assert taken(at) == datetime.fromisoformat(at)


@pytest.mark.parametrize(
    "at",
    [
        "1899-12-31T23:59:59Z",
        "1900-01-01T00:00:00+00:01",
        "9999-01-01T00:00:00Z",
        "9998-12-31T23:59:59-00:01",
        # past what Python can hold at all
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_time_that_not_every_client_could_show_is_refused_naming_the_field(at: str) -> None:
    with pytest.raises(ValidationError) as refused:
        taken(at)
    assert refused.value.messages == {"at": ["Must lie in the years 1900 to 9998."]}
