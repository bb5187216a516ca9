"""Owns one good request per route: on a thing in HOME, answered 2xx when the caller may do it.

A route without a specimen fails the suite.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from shared.database import Transactions

HOME = "320508019020"
"""三元一村社区; all things of the specimens lie in it."""

Reach = Literal["thing", "list", "create", "free", "rows"]


@dataclass(frozen=True)
class Call:
    """A request, and what an area out of reach makes of it.

    `thing` is not found, `list` is empty, `create` is refused, `rows` are refused one by one;
    `free` has no area.
    """

    reach: Reach
    method: str
    path: str
    options: dict[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    """Relations that it reaches besides those that lie inside."""
    only: tuple[str, ...] = ()
    """Relations that it reaches, where the thing is larger than HOME."""
    also_asks: str | None = None
    """The action whose row of the access table decides after that of the route."""


@dataclass(frozen=True)
class World:
    """A service's database with what its specimens need."""

    db: Transactions
    caller: UUID
    """The account that asks; some things must not be its own."""


Specimen = Callable[[World], Call]
