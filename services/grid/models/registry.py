"""Owns the registry of the tables of `grid`; migrations/ makes them."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import DeclarativeBase

AreaCode = Text(collation="C")
"""Codes sort by byte, so that a subtree is one range of the index."""


class GridBase(DeclarativeBase):
    """The registry of this service's tables."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text}
