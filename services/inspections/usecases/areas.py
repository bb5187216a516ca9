"""Owns showing this service's copy of the area register, which shared/register keeps."""

from sqlalchemy.orm import Session

from services.inspections.models import Area
from services.inspections.schemas import AreaView
from services.inspections.usecases.views import view_of
from shared.errors import NotFound


class AreaNotFound(NotFound):
    """No area of that code is in this service's copy of the register."""

    zh = "未找到区划 {code}"
    en = "There is no area {code}"


def get_area(session: Session, code: str) -> AreaView:
    """Return an area.

    Raises:
        AreaNotFound
    """
    area = session.get(Area, code)
    if area is None:
        raise AreaNotFound(code=code)
    return view_of(AreaView, area)
