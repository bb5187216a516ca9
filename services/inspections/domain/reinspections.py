"""Owns the re-inspection (复查): who may not make it, and that its outcome is final."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, Rejected

ReinspectionState = Literal["open", "passed", "failed"]
Outcome = Literal["passed", "failed"]

_CHINESE = {"passed": "通过", "failed": "未通过"}


class ReinspectionDecided(Conflict):
    """Somebody decided it already; an outcome is final."""

    zh = "复查已有结论：{state_zh}"
    en = "The re-inspection was decided already: {state}"


class NotIndependent(Rejected):
    """The caller had a part in what is re-inspected; a refusal says which."""

    zh = "您参与过该问题的处理，须由其他检查员复查"
    en = "You had a part in this: another inspector must re-inspect it"


class ReinspectedByFirstInspector(NotIndependent):
    """The caller found the problem; another inspector has to look again."""

    zh = "您是该问题的首次检查人，须由其他检查员复查"
    en = "You found this problem: another inspector must re-inspect it"


class ReinspectedByRectifier(NotIndependent):
    """The caller mended it."""

    zh = "您参与了该问题的整改，须由其他检查员复查"
    en = "You took part in the rectification: another inspector must re-inspect it"


class ReinspectedByChecker(NotIndependent):
    """The caller checked the case on the spot and closed it."""

    zh = "您核查并结案了该问题的案件，须由其他检查员复查"
    en = "You checked and closed its case: another inspector must re-inspect it"


class ReinspectedByResponsible(NotIndependent):
    """The caller answers for the unit that had to mend it."""

    zh = "您是该问题的责任人，须由其他检查员复查"
    en = "You answer for the rectification: another inspector must re-inspect it"


@dataclass(frozen=True)
class Parties:
    """Who had a part in a finding and its rectification, over all its rounds."""

    first_inspector: UUID
    rectifiers: frozenset[UUID] = frozenset()
    checkers: frozenset[UUID] = frozenset()
    responsible: frozenset[UUID] = frozenset()

    @property
    def of_rectification(self) -> frozenset[UUID]:
        """Everyone but the first inspector."""
        return self.rectifiers | self.checkers | self.responsible

    @property
    def all(self) -> frozenset[UUID]:
        """Everyone who may not re-inspect."""
        return self.of_rectification | {self.first_inspector}

    def joined(self, later: "Parties") -> "Parties":
        """Return the parties of this round and of a later one of the same finding."""
        return Parties(
            self.first_inspector,
            self.rectifiers | later.rectifiers,
            self.checkers | later.checkers,
            self.responsible | later.responsible,
        )


def require_independent(person: UUID, parties: Parties) -> None:
    """Refuse a re-inspector who had a part in what is re-inspected.

    Source: plan row I02 「保证工作的公开性和公正性」; the rectifier, their unit and the first
    inspector can't re-inspect.

    Raises:
        ReinspectedByFirstInspector, ReinspectedByRectifier, ReinspectedByChecker,
        ReinspectedByResponsible
    """
    if person == parties.first_inspector:
        raise ReinspectedByFirstInspector
    if person in parties.rectifiers:
        raise ReinspectedByRectifier
    if person in parties.checkers:
        raise ReinspectedByChecker
    if person in parties.responsible:
        raise ReinspectedByResponsible


def decided(state: ReinspectionState, outcome: Outcome) -> ReinspectionState:
    """Return the outcome of an open re-inspection.

    Raises:
        ReinspectionDecided: when it isn't open.
    """
    if state != "open":
        raise ReinspectionDecided(state=state, state_zh=_CHINESE[state])
    return outcome
