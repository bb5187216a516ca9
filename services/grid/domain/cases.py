"""Owns the life of a case: its states, the moves between them, who may check, what is late."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, NotFound, Rejected

State = Literal["reported", "refused", "filed", "dispatched", "resolved", "closed"]
Move = Literal["file", "refuse", "dispatch", "resolve", "return", "close", "reopen"]
Step = Literal[
    "reported", "refused", "filed", "dispatched", "resolved", "returned", "closed", "reopened"
]

MOVES: dict[State, dict[Move, State]] = {
    "reported": {"file": "filed", "refuse": "refused"},
    "refused": {},
    "filed": {"dispatch": "dispatched"},
    "dispatched": {"resolve": "resolved"},
    "resolved": {"return": "dispatched", "close": "closed"},
    "closed": {"reopen": "dispatched"},
}
"""Every move there is: state → move → next state. Return and close are the check on the spot;
only an event reopens."""

OPEN: tuple[State, ...] = ("filed", "dispatched", "resolved")
"""The states in which somebody still has to do something by the deadline."""

_CHINESE = {
    "reported": "待核实",
    "refused": "不予立案",
    "filed": "已立案，待派遣",
    "dispatched": "已派遣，处理中",
    "resolved": "已处理，待现场核查",
    "closed": "已结案",
    "file": "立案",
    "refuse": "不予立案",
    "dispatch": "派遣",
    "resolve": "报告处理完毕",
    "return": "核查退回",
    "close": "核查结案",
    "reopen": "重新办理",
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


def back_to_work(state: State, move: Move, *, owned: bool) -> State:
    """Return the state of a case that somebody has to work on again.

    One that nobody owns is filed and waits for its owners: cases were resolved and closed before
    there were posts.

    Raises:
        MoveNotAllowed: when the move doesn't start from this state.
    """
    after = next_state(state, move)
    return after if owned else "filed"


def reopening(state: State | None, *, done_before: bool) -> Literal["reopen", "ignore", "wait"]:
    """Return what a failed re-inspection means for a case; None is one that isn't here yet.

    It was said because the case was closed: where it isn't, the close is still to come.
    """
    if done_before:
        return "ignore"
    return "reopen" if state == "closed" else "wait"


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
