"""Owns who goes along when areas go on under other codes: what lies in them, and where they lie."""

from sqlalchemy.orm import Session

from services.grid.domain.area_changes import Plan
from services.grid.models.areas import AreaChangeRow
from services.grid.usecases import boundaries, reorganisation

_FOLLOWERS = (reorganisation, boundaries)


def go_along(session: Session, change: AreaChangeRow, plan: Plan) -> None:
    """Let compounds, groups and boundaries go along with a change, or back with what undoes one."""
    session.flush()
    for follower in _FOLLOWERS:
        if change.reverts is not None:
            follower.unfollow(session, change.reverts, change.effective_on)
        else:
            follower.follow(session, change.id, _moved(plan), change.effective_on)


def _moved(plan: Plan) -> dict[str, str]:
    """Return which area goes on as which, of those that end in one other."""
    ended = {effect.code for effect in plan.effects if effect.happening == "ends"}
    into: dict[str, list[str]] = {}
    for old, new in plan.links:
        into.setdefault(old, []).append(new)
    return {old: new[0] for old, new in into.items() if old in ended and len(new) == 1}
