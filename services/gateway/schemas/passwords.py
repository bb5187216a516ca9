"""Owns the shape of setting a password."""

from dataclasses import dataclass, field

from marshmallow import validate

from services.gateway.schemas.sessions import PASSWORD, USERNAME

_CODE = {"validate": validate.Length(min=1, max=100)}


@dataclass(frozen=True)
class ChangePassword:
    """The current password, and the one that is to hold from now on."""

    current: str = field(repr=False, metadata=PASSWORD)
    new: str = field(repr=False, metadata=PASSWORD)


@dataclass(frozen=True)
class ActivatePassword:
    """The code that the administrator handed over, and a password of one's own."""

    username: str = field(metadata=USERNAME)
    code: str = field(repr=False, metadata=_CODE)
    new_password: str = field(repr=False, metadata=PASSWORD)
