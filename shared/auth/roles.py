"""Owns the twelve roles: all that an account can be, in the words of the offices."""

from typing import Literal, get_args

Role = Literal[
    "resident",
    "volunteer",
    "grid_officer",
    "community_secretary",
    "zone_secretary",
    "street_office",
    "department_handler",
    "inspector",
    "district_office",
    "committee",
    "operator",
    "administrator",
]

EVERYONE: tuple[Role, ...] = get_args(Role)

ROLES: dict[Role, tuple[str, str]] = {
    "resident": ("居民", "resident"),
    "volunteer": ("志愿者", "volunteer"),
    "grid_officer": ("网格员", "grid officer"),
    "community_secretary": ("社区书记", "community secretary"),
    "zone_secretary": ("管区书记", "zone secretary"),
    "street_office": ("街道办事处", "street office"),
    "department_handler": ("部门经办人", "department handler"),
    "inspector": ("检查员", "inspector"),
    "district_office": ("区文明办", "district office"),
    "committee": ("文明委", "committee"),
    "operator": ("系统运维", "operator"),
    "administrator": ("账号管理员", "administrator"),
}
"""Each role in Chinese and English."""


def spoken_role(role: Role, language: str) -> str:
    """Return a role's name for a person, in `zh` or `en`."""
    chinese, english = ROLES[role]
    return chinese if language == "zh" else english
