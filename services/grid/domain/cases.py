"""Owns the life of a case: its states, the moves between them, who may check, what is late."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, NotFound, Rejected

State = Literal["filed", "resolved", "closed"]
Move = Literal["resolve", "return", "close"]

MOVES: dict[State, dict[Move, State]] = {
    "filed": {"resolve": "resolved"},
    "resolved": {"return": "filed", "close": "closed"},
    "closed": {},
}
"""Every move there is: state → move → next state. Return and close are the check on the spot."""

_CHINESE = {
    "filed": "已立案",
    "resolved": "已处理，待现场核查",
    "closed": "已结案",
    "resolve": "报告处理完毕",
    "return": "核查退回",
    "close": "核查结案",
}


class MoveNotAllowed(Conflict):
    """The case is in a state that this move doesn't start from."""

    zh = "案件处于“{state_zh}”，不能“{move_zh}”；可以：{allowed_zh}"
    en = "The case is {state}: it can't {move}. Allowed: {allowed}"


class CaseUnknown(NotFound):
    """There is no case of that id."""

    zh = "没有此案件"
    en = "There is no such case"


class CheckedByOwnResolver(Rejected):
    """The check on the spot is another person's: nobody closes what they resolved themselves."""

    zh = "须由处理人以外的人员现场核查后结案"
    en = "The check on the spot must be made by a person other than the one who resolved the case"


def next_state(state: State, move: Move) -> State:
    """Return the state that a move leads to.

    Raises:
        MoveNotAllowed: when it doesn't start from this state.
    """
    allowed = MOVES[state]
    if move not in allowed:
        raise MoveNotAllowed(
            state=state,
            move=move,
            allowed=", ".join(allowed) or "nothing more",
            state_zh=_CHINESE[state],
            move_zh=_CHINESE[move],
            allowed_zh="、".join(_CHINESE[each] for each in allowed) or "无",
        )
    return allowed[move]


def require_another_checker(resolved_by: UUID | None, closed_by: UUID) -> None:
    """Refuse a check by the person who did the work.

    Raises:
        CheckedByOwnResolver: when they are the same.
    """
    if resolved_by == closed_by:
        raise CheckedByOwnResolver


def is_overdue(deadline: datetime, closed_at: datetime) -> bool:
    """Tell whether a case was closed after its deadline; at the deadline is in time."""
    return closed_at > deadline
