"""Owns what an account may be called, which states it has, and who may not change it."""

import re
import unicodedata
from typing import Literal, get_args
from uuid import UUID

from shared.errors import Conflict, NotFound, Rejected
from shared.privacy.personal_numbers import holds_personal_numbers

AccountState = Literal["active", "blocked", "closed"]
Move = Literal["block", "unblock", "close"]

MOVES: dict[AccountState, dict[Move, AccountState]] = {
    "active": {"block": "blocked", "close": "closed"},
    "blocked": {"unblock": "active", "close": "closed"},
    "closed": {},
}
STATES: tuple[AccountState, ...] = get_args(AccountState)

LONGEST_NAME = 60
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")
_OLD_ID_NUMBER = re.compile(r"[0-9]{15}")
_FORMULA = ("=", "+", "-", "@")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class AccountUnknown(NotFound):
    """No account of that id is there, or the caller may not know of it."""

    zh = "未找到该账号"
    en = "There is no such account"


class UsernameTaken(Conflict):
    """Another account has the name; a closed one keeps its own for ever."""

    zh = "用户名“{username}”已被使用"
    en = "The username {username} is taken"


class UsernameMalformed(Rejected):
    """A username is 3 to 64 letters a-z, digits, dots, hyphens and underscores."""

    zh = "用户名须为 3 到 64 个小写字母、数字、“.”、“-”或“_”，且以字母或数字开头"
    en = "A username is 3 to 64 of a-z, 0-9, dot, hyphen, underscore, and begins with a-z or 0-9"


class UsernameIsPersonal(Rejected):
    """Usernames lie in plain; by a telephone or identity number anybody finds the person."""

    zh = "用户名不得为手机号码、电话号码或身份证号，请用姓名拼音或工号"
    en = "A username must be no telephone or identity number; take letters or a staff number"


class NameMalformed(Rejected):
    """The name is empty, too long, or has characters that turn text around or break lines.

    One that begins as a formula does would be one in whatever spreadsheet it is copied into.
    """

    zh = "姓名须为 1 到 {most} 个字，不得含控制字符，不得以 =、+、-、@ 开头"
    en = "A name has 1 to {most} characters, no control characters, and begins with none of = + - @"


class AccountMoveNotAllowed(Conflict):
    """The account's state doesn't allow it: a closed account stays closed."""

    zh = "账号当前状态不允许此操作"
    en = "The account's state doesn't allow this"


class OwnAccount(Rejected):
    """Nobody changes their own rights or state; another administrator does."""

    status = 403
    zh = "不能变更本人账号的权限或状态，须由其他管理员办理"
    en = "Nobody changes the rights or the state of their own account; ask another administrator"


class LastAdministrator(Conflict):
    """Without this one nobody could administer accounts any more."""

    zh = "这是最后一个可用的账号管理员，不能停用"
    en = "This is the last administrator; the account or grant can't be ended"


def normalised_username(username: str) -> str:
    """Return a username as it is stored and compared: NFKC, lower case.

    Raises:
        UsernameMalformed, UsernameIsPersonal: naming the field `username`.
    """
    name = unicodedata.normalize("NFKC", username).strip().lower()
    if not _USERNAME.fullmatch(name):
        raise UsernameMalformed("username")
    if holds_personal_numbers(name) or _OLD_ID_NUMBER.fullmatch(name):
        raise UsernameIsPersonal("username")
    return name


def normalised_name(name: str) -> str:
    """Return a person's name as it is stored: NFC, without blanks around it.

    Raises:
        NameMalformed: naming the field `display_name`.
    """
    trimmed = unicodedata.normalize("NFC", name).strip()
    starts_formula = unicodedata.normalize("NFKC", trimmed).startswith(_FORMULA)
    if not 0 < len(trimmed) <= LONGEST_NAME or _CONTROL.search(trimmed) or starts_formula:
        raise NameMalformed("display_name", most=LONGEST_NAME)
    return trimmed


def next_state(state: AccountState, move: Move) -> AccountState:
    """Return the state after a move.

    Raises:
        AccountMoveNotAllowed: when the table knows no such move.
    """
    if move not in MOVES[state]:
        raise AccountMoveNotAllowed
    return MOVES[state][move]


def require_another(account_id: UUID, who: UUID) -> None:
    """Refuse a change of one's own account.

    Raises:
        OwnAccount
    """
    if account_id == who:
        raise OwnAccount
