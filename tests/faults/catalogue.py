"""Owns the list of all faults, and the plans that chance makes of it."""

import random
from typing import get_args

from tests.faults import connections, crashes, members, messages, processes, servers
from tests.faults.scene import CATALOGUE, Fault, Touched

MODULES = (processes, crashes, servers, members, connections, messages)
"""Whatever these define is in the catalogue as soon as they are imported."""

_TOGETHER = 0.3
"""Share of the strikes in which two faults meet."""


def plan(chance: random.Random, count: int, brokers: int = 1) -> list[tuple[Fault, ...]]:
    """Return strikes of `count` faults in all: each fault before any comes again, some in pairs."""
    names: list[str] = []
    fitting = sorted(one.name for one in CATALOGUE.values() if one.brokers <= brokers)
    while len(names) < count:
        names += chance.sample(fitting, len(fitting))
    left = [CATALOGUE[name] for name in names[:count]]
    strikes: list[tuple[Fault, ...]] = []
    while left:
        one = left.pop(0)
        together = left and chance.random() < _TOGETHER and fits(one, left[0])
        strikes.append(in_order(one, left.pop(0)) if together else (one,))
    return strikes


def in_order(*faults: Fault) -> tuple[Fault, ...]:
    """Return faults as they begin: what needs a server begins while the server is still there."""
    return tuple(sorted(faults, key=lambda one: get_args(Touched).index(one.touches)))


def fits(one: Fault, other: Fault) -> bool:
    """Tell whether two faults may be struck together."""
    return one.touches != other.touches and not (one.alone or other.alone)
