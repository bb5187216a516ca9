"""Owns how much is measured: the full form for numbers, the quick form for a look and for tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Events per round of each measure, and how often everything is measured in turn."""

    rounds: int
    relay: int
    one_confirm: int
    stock: int
    single: int
    batch: int
    latency_seconds: float
    latency_rate: int = 500


FULL = Sizes(
    rounds=3,
    relay=40_000,
    one_confirm=3_000,
    stock=6_000,
    single=6_000,
    batch=40_000,
    latency_seconds=20,
)
QUICK = Sizes(
    rounds=1, relay=4_000, one_confirm=300, stock=600, single=600, batch=3_000, latency_seconds=2
)
