"""Owns who goes along when areas go on under other codes: what lies in them, and where they lie."""

from sqlalchemy.orm import Session

from services.grid.domain.area_changes import Plan
from services.grid.models.areas import AreaChangeRow
from services.grid.usecases import boundaries, reorganisation


def go_along(session: Session, change: AreaChangeRow, plan: Plan) -> None:
    """Let compounds, groups and boundaries go along with a change, or back with what undoes one.

    What undoes a reversal lets the areas go on as they had before: all goes along once more.
    """
    session.flush()
    on = change.effective_on
    if change.reverts is not None and _gives_back(session, change):
        reorganisation.unfollow(session, change.reverts, on)
        boundaries.unfollow(session, change.reverts, on)
    else:
        moved = _moved(plan)
        reorganisation.follow(session, change.id, moved, on)
        # what ends without one other that it goes on in is drawn no longer
        boundaries.follow(session, change.id, {**dict.fromkeys(_ended(plan)), **moved}, on)


def _gives_back(session: Session, change: AreaChangeRow) -> bool:
    """Tell whether a change undoes one with which all went along, and not a reversal of it."""
    if change.reverts is None:
        return False
    return not _gives_back(session, session.get_one(AreaChangeRow, change.reverts))


def _ended(plan: Plan) -> set[str]:
    return {effect.code for effect in plan.effects if effect.happening == "ends"}


def _moved(plan: Plan) -> dict[str, str]:
    """Return which area goes on as which, of those that end in one other."""
    ended = _ended(plan)
    into: dict[str, list[str]] = {}
    for old, new in plan.links:
        into.setdefault(old, []).append(new)
    return {old: new[0] for old, new in into.items() if old in ended and len(new) == 1}
