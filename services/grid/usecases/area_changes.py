"""Owns the changes of areas: recorded for a day, told on that day, undone by another change."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.grid.domain import area_changes as rules
from services.grid.domain.area_changes import Effect, Part, Plan
from services.grid.domain.areas import parent_of
from services.grid.models.areas import AreaAnnouncement, AreaChangeRow
from services.grid.schemas.area_changes import (
    AbolishArea,
    AreaChangeView,
    EstablishArea,
    MergeAreas,
    MoveArea,
    RenameArea,
    RevertAreaChange,
    SplitArea,
)
from services.grid.usecases.area_announcing import announce
from services.grid.usecases.area_days import day_of, require_lasting
from services.grid.usecases.area_followers import go_along
from services.grid.usecases.area_history import AreaChangeUnknown, view_of
from services.grid.usecases.area_records import (
    Recording,
    links_of,
    numbers_under,
    record,
    require_untouched,
    standing,
    take_turn,
    under,
)
from shared.auth.callers import Caller
from shared.errors import Conflict
from shared.privacy.personal_numbers import require_nobody_named

BATCH_AREAS = 200


class RevertedAlready(Conflict):
    """A change is undone once."""

    zh = "该变更已被撤销"
    en = "This change has been undone already"


class RevertedTooEarly(Conflict):
    """A change can't be undone before the day from which it holds."""

    zh = "撤销日期不得早于该变更的生效日期 {day}"
    en = "A change can't be undone before the day it takes effect, {day}"


class NotRevertible(Conflict):
    """A load of the register is corrected by loading the right file."""

    zh = "登记册导入不能撤销，请导入正确的文件"
    en = "A load of the register can't be undone; load the right file"


class TakenBack(Conflict):
    """A reversal on the day of the change itself left nothing that could be given back."""

    zh = "该撤销使原变更视同从未登记，不能再撤销；请重新登记原变更"
    en = "That reversal let the change never have been, and can't be undone; record the change anew"


@dataclass(frozen=True)
class AreaCommand:
    """Which area (or change) a request is about, and who asks."""

    what: str
    who: Caller


def establish_area(
    session: Session, who: Caller, request: EstablishArea, now: datetime
) -> AreaChangeView:
    """Let a new area begin; without a code, a grid cell of a community with the next number.

    Raises:
        AreaNotRegistered, AreaNotThatDay, AreaEndsLater
        CodeNotUnder, AreaCodeTaken, NoNumberFree
        AreaNotGranted, NationalAreaByDistrict, TextNamesSomebody
    """
    take_turn(session)
    if request.parent_code:
        require_lasting(session, "parent_code", request.parent_code, request.effective_on)
    numbers = numbers_under(session, request.parent_code)
    plan = rules.establish(request.parent_code or "", request.code, request.name, numbers)
    return _recorded(session, plan, Recording("establish", who, request), now)


def rename_area(
    session: Session, asked: AreaCommand, request: RenameArea, now: datetime
) -> AreaChangeView:
    """Let an area be called otherwise from a day on.

    Raises:
        AreaNotRegistered, AreaNotThatDay, ChangedLater, NothingChanges
        AreaNotGranted, NationalAreaByDistrict, TextNamesSomebody
    """
    take_turn(session)
    area = standing(session, "code", asked.what, request.effective_on)
    plan = rules.rename(area, request.name)
    return _recorded(session, plan, Recording("rename", asked.who, request), now)


def merge_areas(
    session: Session, who: Caller, request: MergeAreas, now: datetime
) -> AreaChangeView:
    """Let areas become one from a day on, with all that lies under them.

    Raises:
        AreaNotRegistered, AreaNotThatDay, ChangedLater
        PartsTooFew, NamedTwice, NotSiblings, CodeNotUnder, AreaCodeTaken, NoNumberFree
        AreaNotGranted, NationalAreaByDistrict, TextNamesSomebody
    """
    take_turn(session)
    on = request.effective_on
    areas = [standing(session, f"codes.{n}", code, on) for n, code in enumerate(request.codes)]
    below = {area.code: under(session, area.code, on) for area in areas}
    numbers = numbers_under(session, parent_of(request.codes[0]), request.into.code)
    into = Part(request.into.code, request.into.name)
    plan = rules.merge(areas, into, below, numbers)
    return _recorded(session, plan, Recording("merge", who, request), now)


def split_area(
    session: Session, asked: AreaCommand, request: SplitArea, now: datetime
) -> AreaChangeView:
    """Let an area become several from a day on; the request says what goes into which.

    Raises:
        AreaNotRegistered, AreaNotThatDay, ChangedLater
        PartsTooFew, NamedTwice, NotAChild, ChildNotPlaced, CodeNotUnder, AreaCodeTaken
        AreaNotGranted, NationalAreaByDistrict, TextNamesSomebody
    """
    take_turn(session)
    area = standing(session, "code", asked.what, request.effective_on)
    below = under(session, area.code, request.effective_on)
    parts = [Part(one.code, one.name, tuple(one.children)) for one in request.into]
    numbers = numbers_under(session, parent_of(area.code))
    plan = rules.split(area, parts, below, numbers)
    return _recorded(session, plan, Recording("split", asked.who, request), now)


def move_area(
    session: Session, asked: AreaCommand, request: MoveArea, now: datetime
) -> AreaChangeView:
    """Let an area lie in another one from a day on, under the code that it gets there.

    Raises:
        AreaNotRegistered, AreaNotThatDay, AreaEndsLater, ChangedLater
        NotAnotherParent, AreaCodeTaken
        AreaNotGranted, NationalAreaByDistrict, TextNamesSomebody
    """
    take_turn(session)
    area = standing(session, "code", asked.what, request.effective_on)
    parent = parent_of(request.to_code)
    if parent is not None:
        require_lasting(session, "to_code", parent, request.effective_on)
    below = under(session, area.code, request.effective_on)
    numbers = numbers_under(session, parent)
    plan = rules.move(area, request.to_code, request.name or area.name, below, numbers)
    return _recorded(session, plan, Recording("move", asked.who, request), now)


def abolish_area(
    session: Session, asked: AreaCommand, request: AbolishArea, now: datetime
) -> AreaChangeView:
    """Let an area end on a day, and go on in no other.

    Raises:
        AreaNotRegistered, AreaNotThatDay, ChangedLater, AreaNotEmpty
        AreaNotGranted, NationalAreaByDistrict, TextNamesSomebody
    """
    take_turn(session)
    area = standing(session, "code", asked.what, request.effective_on)
    plan = rules.abolish(area, under(session, area.code, request.effective_on))
    return _recorded(session, plan, Recording("abolish", asked.who, request), now)


def revert_area_change(
    session: Session, change_id: UUID, who: Caller, request: RevertAreaChange, now: datetime
) -> AreaChangeView:
    """Undo a change from a day on; on the very day of the change, as if it had never been.

    Raises:
        AreaChangeUnknown, RevertedAlready, RevertedTooEarly, NotRevertible, TakenBack
        ChangedLater: when what it changed was changed again, or areas began under it.
        AreaNotThatDay, AreaEndsLater: when what would come back lay in an area that has ended.
        AreaNotGranted, NationalAreaByDistrict, TextNamesSomebody
    """
    take_turn(session)
    change = session.get(AreaChangeRow, change_id)
    if change is None:
        raise AreaChangeUnknown
    _require_revertible(session, change, request)
    require_untouched(session, change, request.effective_on)
    plan = rules.reverse([Effect(**one) for one in change.effects], links_of(session, change_id))
    for parent in rules.parents_of_new(plan):
        require_lasting(session, "effective_on", parent, request.effective_on)
    return _recorded(session, plan, Recording("revert", who, request, change), now)


def announce_due(session: Session, now: datetime) -> int:
    """Tell of a batch of the areas whose changes take effect by today; return how many."""
    due = session.scalars(
        select(AreaAnnouncement)
        .where(AreaAnnouncement.due_on <= day_of(now))
        .order_by(AreaAnnouncement.due_on, AreaAnnouncement.code)
        .limit(BATCH_AREAS)
        .with_for_update(skip_locked=True)
    ).all()
    announce(session, {one.code for one in due}, now)
    for one in due:
        session.delete(one)
    return len(due)


def _recorded(session: Session, plan: Plan, recording: Recording, now: datetime) -> AreaChangeView:
    who, names = recording.who, " / ".join(effect.name for effect in plan.effects)
    require_nobody_named(basis=recording.request.basis, name=names)
    for effect in plan.effects:
        who.require_area("code", effect.code)
    if who.kind == "person" and "district_office" not in who.roles:
        rules.require_cells_only(plan)
    change = record(session, plan, recording, now)
    go_along(session, change, plan)
    return view_of(session, change)


def _require_revertible(session: Session, change: AreaChangeRow, request: RevertAreaChange) -> None:
    if change.kind == "import":
        raise NotRevertible
    if session.scalar(select(AreaChangeRow.id).where(AreaChangeRow.reverts == change.id)):
        raise RevertedAlready
    if request.effective_on < change.effective_on:
        raise RevertedTooEarly("effective_on", day=change.effective_on)
    if change.reverts is not None:
        undone = session.get_one(AreaChangeRow, change.reverts)
        if undone.effective_on == change.effective_on:
            raise TakenBack
