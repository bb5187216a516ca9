"""Owns the form of access tables: which role, or which client's scope, may do which action.

Each service has one table, `services/<name>/access.py`, by the name of the action: of its route,
its use case and its operationId. A route that no row names keeps the service from starting.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.auth.callers import Caller, least
from shared.auth.claims import Claims
from shared.auth.roles import EVERYONE, Role
from shared.errors import Rejected


class RoleNotAllowed(Rejected):
    """None of the caller's roles may do this anywhere."""

    status = 403
    zh = "您的角色无权进行此操作"
    en = "Your role may not do this"


class ScopeMissing(Rejected):
    """The client's token lacks the scope of this action."""

    status = 403
    zh = "客户端令牌缺少权限范围 {scope}"
    en = "The client's token lacks the scope {scope}"


class ForPersonsOnly(Rejected):
    """No client may do this, whatever its scopes."""

    status = 403
    zh = "此操作只对人员账号开放"
    en = "Only a person's account may do this"


@dataclass(frozen=True)
class Rule:
    """Who may do one action. `by_area` says that the action reaches the caller's areas only.

    `any_person` lets in a person's account that has no role at all: it is about their own.
    """

    roles: frozenset[Role]
    scope: str | None = None
    by_area: bool = True
    public: bool = False
    any_person: bool = False


Access = Mapping[str, Rule]
"""A service's rules by action."""

PUBLIC = Rule(frozenset(), by_area=False, public=True)
"""Open without a token: signing in, public keys."""

OWN = Rule(frozenset(EVERYONE), by_area=False, any_person=True)
"""What everyone may do with their own account."""


def allow(*roles: Role, scope: str | None = None, by_area: bool = True) -> Rule:
    """Return a rule for these roles, and for clients with the scope."""
    return Rule(frozenset(roles), scope, by_area)


def allow_everyone(*, scope: str | None = None) -> Rule:
    """Return a rule for every role, wherever it holds: nothing here depends on the area."""
    return Rule(frozenset(EVERYONE), scope, by_area=False)


def caller_of(claims: Claims, rule: Rule) -> Caller:
    """Return the caller of an action, with the areas where they may do it.

    Raises:
        RoleNotAllowed, ScopeMissing, ForPersonsOnly
    """
    if claims.kind == "client":
        _require_scope(claims, rule)
        return Caller(claims.subject, "client", least(claims.areas))
    fitting = [grant for grant in claims.grants if grant.role in rule.roles]
    if not fitting and not rule.any_person:
        raise RoleNotAllowed
    areas = least([area for grant in fitting for area in grant.areas])
    roles = frozenset(grant.role for grant in fitting)
    return Caller(claims.subject, "person", areas, roles, claims.session, tuple(fitting))


def _require_scope(claims: Claims, rule: Rule) -> None:
    if rule.scope is None:
        raise ForPersonsOnly
    if rule.scope not in claims.scopes:
        raise ScopeMissing(scope=rule.scope)
