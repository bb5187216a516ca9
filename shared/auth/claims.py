"""Owns what a token says of its bearer."""

from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from shared.auth.roles import EVERYONE, Role

Kind = Literal["person", "client"]


class ClaimsUnreadable(Exception):
    """A token's claims have not the form that the gateway gives them."""


@dataclass(frozen=True)
class Grant:
    """A role, and the prefixes of area codes where it holds."""

    role: Role
    areas: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Claims:
    """Who bears the token, at which services, with which rights.

    A person has grants; a client (another system) has scopes, and areas where they hold.
    `version` is the account's: `account_changed.v1` makes tokens of earlier versions worthless.
    """

    subject: UUID
    kind: Kind
    version: int
    audience: tuple[str, ...]
    grants: tuple[Grant, ...] = ()
    scopes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    session: UUID | None = None

    def as_token(self) -> dict[str, Any]:
        """Return the claims by their names in a token (RFC 9068 and our own)."""
        said: dict[str, Any] = {
            "sub": str(self.subject),
            "kind": self.kind,
            "ver": self.version,
            "aud": list(self.audience),
        }
        if self.session is not None:
            said["sid"] = str(self.session)
        if self.kind == "client":
            return said | {"scope": " ".join(self.scopes), "areas": list(self.areas)}
        grants = [{"role": grant.role, "areas": list(grant.areas)} for grant in self.grants]
        return said | {"grants": grants}


def claims_of(said: dict[str, Any]) -> Claims:
    """Return what a verified token's payload says.

    Raises:
        ClaimsUnreadable: when a claim is missing or has another form.
    """
    try:
        return Claims(
            subject=UUID(said["sub"]),
            kind=_one_of(said["kind"], ("person", "client")),
            version=_whole(said["ver"]),
            audience=_texts(said["aud"]),
            grants=tuple(_grant(one) for one in said.get("grants", ())),
            scopes=tuple(said.get("scope", "").split()),
            areas=_texts(said.get("areas", [])),
            session=UUID(said["sid"]) if "sid" in said else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClaimsUnreadable(str(error)) from error


def _grant(said: Any) -> Grant:
    return Grant(cast(Role, _one_of(said["role"], EVERYONE)), _texts(said["areas"]))


def _one_of(value: Any, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {allowed}")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no whole number")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{value!r} is no list of texts")
    return tuple(value)
