"""Own the dashboard of the business of a day: every event that tells of people's work, counted.

It follows topology.py: a new event has its panels after `make monitoring`.
"""

from deploy.grafana.panels import Board, Row, by_the_hour, stat
from shared.messaging.topology import EVENTS

_NO_HEALTH = 'operation!~".*health[.].*"'

MACHINERY = ("areas_imported", "area_changed", "account_changed", "signing_keys_changed")
"""Events that carry what services must know of each other; nobody's work of the day."""

WORDS = {
    "inspection_recorded": "检查记录 inspections recorded",
    "finding_raised": "发现问题 findings raised",
    "finding_closed": "问题销号 findings closed",
    "reinspection_passed": "复查通过 re-inspections passed",
    "points_deducted": "扣分 points deducted",
    "bulletin_issued": "通报 bulletins issued",
    "case_filed": "案件立案 cases filed",
    "case_dispatched": "案件派单 cases dispatched",
    "case_resolved": "案件办结 cases resolved",
    "case_returned": "案件退回 cases returned",
    "case_closed": "案件销号 cases closed",
    "case_overdue": "案件超期 cases overdue",
    "patrol_missed": "巡查缺勤 patrols missed",
    "activity_published": "活动发布 activities published",
    "hours_recorded": "服务时长记录 hours recorded",
    "stars_awarded": "星级授予 stars awarded",
    "report_missing": "日报缺报 reports missing",
    "message_failed": "消息送达失败 messages failed",
    "notice_closed": "公示结束 notices closed",
}
"""What people call the events; one that is not here goes by its own name."""


def business_day() -> Board:
    """Return the board of what people got done today."""
    nouns = dict.fromkeys(event.noun_and_verb for event in EVENTS)
    work = {noun: WORDS.get(noun, noun) for noun in nouns if noun not in MACHINERY}
    requests = f"increase(linli_http_requests_total{{{_NO_HEALTH}}}[1h])"
    failures = 'increase(linli_events_handled_total{outcome=~"retried|parked"}[1h])'
    return Board(
        "linli-business-day",
        "邻里 · 业务日 Business day",
        [
            Row("今天 Today"),
            *(stat(word, _said(noun, "$__range")) for noun, word in work.items()),
            Row("每小时 By the hour"),
            *(by_the_hour(word, _said(noun, "1h"), noun, 8) for noun, word in work.items()),
            Row("受理与失败 Requests and failures"),
            by_the_hour("每小时请求 Requests by the hour", f"sum by (service) ({requests})"),
            by_the_hour("每小时处理失败 Failures by the hour", f"sum by (service) ({failures})"),
        ],
        since="now/d",
    )


def _said(noun: str, period: str) -> str:
    said = f'linli_relay_published_total{{kind="relay",event=~"{noun}[.]v.*"}}'
    return f"sum(increase({said}[{period}])) or vector(0)"
