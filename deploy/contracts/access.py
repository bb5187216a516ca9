"""Own docs/access.md: who may do what, written from the services' access tables."""

import importlib

from shared.auth.access import Access, Rule
from shared.auth.roles import ROLES
from shared.http.parked import PARKED_ACCESS

_HEAD = """# 权限表 / Who may do what

由 `make contracts` 按各服务的 `services/<name>/access.py` 生成，请勿手改。
Written by `make contracts` from the services' access tables; don't edit it.

- ● 仅限被授予的区划 / in the granted areas only; outside, a thing is not found, a list empty.
- ○ 与区划无关 / wherever the role holds.
- 公开 / open: 不需要令牌 / no token needed.
- scope: 接入系统（OAuth2 客户端）所需的权限范围 / what a client's token needs;
  “—”：只对人员开放 / for persons only.

角色 / roles: {roles}.
"""


def document_text(services: tuple[str, ...]) -> str:
    """Return the whole document."""
    roles = ", ".join(f"{zh} `{code}`" for code, (zh, _) in ROLES.items())
    parts = [_HEAD.format(roles=roles)]
    for service in services:
        access = importlib.import_module(f"services.{service}.access").ACCESS
        parts.append(f"## {service}\n\n{_table(access)}")
    parts.append(f"## 每个服务 / every service\n\n{_table(PARKED_ACCESS)}")
    return "\n".join(parts)


def _table(access: Access) -> str:
    head = ["action", *(zh for zh, _ in ROLES.values()), "scope"]
    rows = [[f"`{name}`", *_marks(rule), _scope(rule)] for name, rule in access.items()]
    ruled = [head, ["---", *([":-:"] * len(ROLES)), "---"], *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in ruled)


def _marks(rule: Rule) -> list[str]:
    mark = "●" if rule.by_area else "○"
    return [mark if role in rule.roles else "" for role in ROLES]


def _scope(rule: Rule) -> str:
    if rule.public:
        return "公开 / open"
    return f"`{rule.scope}`" if rule.scope else "—"
