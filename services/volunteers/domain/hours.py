"""Owns the kinds of hours, which are kept apart for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

HoursKind = Literal["measured", "attested"]
"""`measured` by check-in and check-out; `attested` by somebody who answers for it."""


@dataclass(frozen=True)
class Totals:
    """Minutes by kind. There is no sum of both: what was said is not what was measured."""

    measured_minutes: int
    attested_minutes: int


def totals_of(minutes: Mapping[HoursKind, int]) -> Totals:
    """Return the totals, nought where a kind has no entries."""
    return Totals(minutes.get("measured", 0), minutes.get("attested", 0))
