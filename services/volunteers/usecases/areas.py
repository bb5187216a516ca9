"""Owns the look into this service's copy of the area register."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.volunteers.models import Area
from shared.errors import Rejected
from shared.register.ending import require_there


class CommunityUnknown(Rejected):
    """The community is not in this service's copy of the register."""

    zh = "区划登记中没有社区 {code}"
    en = "There is no community {code} in the register"


def require_community(session: Session, code: str, at: datetime) -> None:
    """Refuse a community that the register doesn't have, or that has ended by a moment.

    Raises:
        CommunityUnknown, CommunityEnded: naming the field `area_code`.
    """
    area = session.get(Area, code)
    if area is None:
        raise CommunityUnknown("area_code", code=code)
    require_there(code, area.until, at)
