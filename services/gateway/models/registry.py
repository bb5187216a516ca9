"""Owns the registry of the gateway's tables."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import DeclarativeBase


class GatewayBase(DeclarativeBase):
    """The registry of this service's tables; migrations/ makes them."""

    type_annotation_map = {datetime: DateTime(timezone=True), str: Text}
