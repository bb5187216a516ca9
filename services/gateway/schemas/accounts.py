"""Owns the shape of what is asked of accounts and their grants, and of what they show."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from marshmallow import validate

from services.gateway.domain.accounts import AccountState
from shared.auth.roles import Role

_TEXT = {"validate": validate.Length(min=1, max=200)}
_REASON = {"validate": validate.Length(min=1, max=500)}
_PREFIX = {"validate": validate.Regexp(r"[0-9]{2,15}\Z")}
_START = {"validate": validate.Regexp(r"[a-z0-9._-]{1,64}\Z")}
_AREAS = {"validate": validate.Length(max=200)}
_GRANTS = {"validate": validate.Length(max=50)}
_MARK = {"validate": validate.Length(max=2000)}


@dataclass(frozen=True, kw_only=True)
class GrantRole:
    """A role in areas; without `valid_from` from today on, without `valid_until` for good."""

    role: Role
    areas: list[str] = field(default_factory=list, metadata=_AREAS)
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class CreateAccount:
    """Somebody who is to sign in; the password is theirs to set, with an activation code."""

    username: str = field(metadata=_TEXT)
    display_name: str = field(metadata=_TEXT)
    grants: list[GrantRole] = field(default_factory=list, metadata=_GRANTS)


@dataclass(frozen=True, kw_only=True)
class RenameAccount:
    """Another name of the person."""

    display_name: str = field(metadata=_TEXT)


@dataclass(frozen=True, kw_only=True)
class WithReason:
    """Why somebody looks at, or erases, what is held on a person."""

    reason: str = field(metadata=_REASON)


@dataclass(frozen=True, kw_only=True)
class ListAccounts:
    """Which accounts, by username: by its beginning, by state, by a grant that holds today."""

    username: str | None = field(default=None, metadata=_START)
    state: AccountState | None = None
    role: Role | None = None
    area: str | None = field(default=None, metadata=_PREFIX)
    limit: int = field(default=50, metadata={"validate": validate.Range(min=1, max=200)})
    after: str | None = field(default=None, metadata=_MARK)


@dataclass(frozen=True, kw_only=True)
class GrantView:
    """A grant; `holds` says whether it does today."""

    id: UUID
    role: str
    areas: list[str]
    valid_from: date
    valid_until: date | None
    holds: bool
    granted_by: str
    granted_at: datetime
    ended_by: str | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AccountLine:
    """An account in a list; the name is masked, and null once the person was erased."""

    id: UUID
    username: str
    display_name: str | None
    state: str
    has_password: bool
    created_at: datetime
    version: int


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """Accounts by username."""

    items: list[AccountLine]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class AccountView(AccountLine):
    """An account with all grants it has and had."""

    grants: list[GrantView]


@dataclass(frozen=True, kw_only=True)
class OwnRole:
    """A role of one's own, in both languages, and where it holds today."""

    role: str
    name_zh: str
    name_en: str
    areas: list[str]


@dataclass(frozen=True, kw_only=True)
class OwnAccountView:
    """One's own account; the name is whole."""

    id: UUID
    username: str
    display_name: str | None
    roles: list[OwnRole]


@dataclass(frozen=True, kw_only=True)
class ActivationView:
    """A one-time code with which the person sets a password; it is shown this once."""

    account_id: UUID
    username: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class NameView:
    """A person's name, whole."""

    id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class ImportedAccount:
    """An account that an import made; `row` is the first line that names it."""

    row: int
    id: UUID
    username: str
    activation_code: str


@dataclass(frozen=True, kw_only=True)
class AccountImportReport:
    """What an import of accounts did; the codes are shown this once and hold for 72 hours."""

    rows: int
    created: int
    codes_expire_at: datetime
    accounts: list[ImportedAccount]
