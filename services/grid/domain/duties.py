"""Owns what the linter knows of a post: what it answers for, and who is in it on which days."""

from dataclasses import dataclass
from datetime import date

from services.grid.domain.holding import Holding
from services.grid.domain.post_kinds import PostKind, branch_of
from services.grid.domain.responsibility import Branch


@dataclass(frozen=True)
class Duty:
    """A post with all its dated holdings; no classes is all of them."""

    code: str
    kind: PostKind
    area_code: str
    case_classes: tuple[str, ...] = ()
    holdings: tuple[Holding, ...] = ()
    area_ends: date | None = None
    """The day from which the register has its area no more."""

    @property
    def branch(self) -> Branch:
        """By place or by subject."""
        return branch_of(self.kind)
