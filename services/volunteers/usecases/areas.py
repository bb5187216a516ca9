"""Owns the look into this service's copy of the area register."""

from sqlalchemy.orm import Session

from services.volunteers.models import Area
from shared.errors import Rejected


class CommunityUnknown(Rejected):
    """The community is not in this service's copy of the register."""

    zh = "区划登记中没有社区 {code}"
    en = "There is no community {code} in the register"


def require_community(session: Session, code: str) -> None:
    """Refuse a community that the register doesn't have.

    Raises:
        CommunityUnknown: naming the field `area_code`.
    """
    if session.get(Area, code) is None:
        raise CommunityUnknown("area_code", code=code)
