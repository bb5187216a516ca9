"""Owns which scopes there are: what another system may be allowed to do, in both languages."""

SCOPES: dict[str, tuple[str, str]] = {
    "gateway.people:read": ("查看工作人员姓名", "read names of staff"),
    "grid.areas:read": ("查看区划登记册", "read the register of areas"),
    "grid.areas:change": ("变更区划（更名、合并、拆分、调整、撤销）", "change areas on a date"),
    "grid.areas:write": ("导入区划登记册", "import the register of areas"),
    "grid.cases:read": ("查看案件", "read cases"),
    "grid.cases:write": ("办理案件", "work on cases"),
    "grid.population:read": ("查看人口数据", "read population figures"),
    "grid.population:write": ("填报人口数据", "record population figures"),
    "grid.compounds:read": ("查看小区与楼栋", "read compounds and buildings"),
    "grid.compounds:write": ("登记小区与楼栋", "record compounds and buildings"),
    "grid.groups:read": ("查看管区、联工委、居民小组与片区", "read zones and other groups"),
    "grid.groups:write": ("划定管区、联工委、居民小组与片区", "set up zones and other groups"),
    "grid.posts:read": ("查看责任岗位", "read posts"),
    "grid.posts:write": ("设立和调整责任岗位", "set up and change posts"),
    "grid.boundaries:read": ("查看边界及某点所在的网格", "read boundaries and find a point's cell"),
    "grid.boundaries:write": ("导入社区与网格边界", "import boundaries of communities and cells"),
    "inspections.checklists:read": ("查看检查表", "read checklists"),
    "inspections.checklists:write": ("发布检查表", "publish checklists"),
    "inspections.findings:read": ("查看检查发现的问题", "read findings"),
    "inspections.inspections:read": ("查看检查记录", "read inspections"),
    "inspections.inspections:write": ("登记检查", "record inspections"),
    "inspections.reinspections:read": ("查看复查", "read re-inspections"),
    "inspections.reinspections:write": ("办理复查", "decide re-inspections"),
    "notifications.recipients:write": ("登记联系方式", "say how people are reached"),
    "volunteers.activities:read": ("查看志愿活动", "read activities"),
    "volunteers.activities:write": ("发布与取消志愿活动", "publish and cancel activities"),
    "volunteers.hours:read": ("查看志愿服务时长", "read the ledger of hours"),
    "volunteers.volunteers:read": ("查看志愿者（脱敏）", "read volunteers, masked"),
}
"""Each scope in Chinese and English. A test compares them with all services' access tables."""


def services_of(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the services that scopes are about: the audience of a token that has them."""
    return tuple(sorted({scope.partition(".")[0] for scope in scopes}))
