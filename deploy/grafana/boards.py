"""Own the list of dashboards, and those of the whole system and of one service."""

from deploy.grafana.business_day import business_day
from deploy.grafana.event_flow import events
from deploy.grafana.panels import Board, Panel, Query, Row, Variable, over_time, stat

_DOWN = (
    'sum(up{job="linli"} == bool 0)'
    ' + (count(instance:linli_process_expected:info unless on (instance) up{job="linli"})'
    " or vector(0))"
)
_SERVICE = Variable("service", "服务 service", 'label_values(up{job="linli",kind="api"}, service)')
_HERE = 'service="$service"'
_NO_HEALTH = 'operation!~".*health[.].*"'


def boards() -> dict[str, Board]:
    """Return every dashboard by the name of its file."""
    return {
        "system": system(),
        "service": service(),
        "events": events(),
        "business-day": business_day(),
    }


def system() -> Board:
    """Return the board that says at a glance whether all is well."""
    rows: list[Panel | Row] = [*_at_a_glance(), Row("受理 Requests"), *_requests()]
    rows += [Row("机器 Machine"), *_machine()]
    return Board("linli-system", "邻里 · 系统总览 System", rows)


def service() -> Board:
    """Return the board of one service, chosen by the variable."""
    rows: list[Panel | Row] = [
        *_answers_of_one(),
        Row("事件 Events"),
        *_events_of_one(),
        Row("进程 Processes"),
        *_processes_of_one(),
    ]
    return Board("linli-service", "邻里 · 单个服务 Service", rows, (_SERVICE,))


def _at_a_glance() -> list[Panel]:
    parked = 'service_state:linli_failed_events_rows:max{state="parked"}'
    return [
        stat("正在告警 Alerts firing", 'count(ALERTS{alertstate="firing"}) or vector(0)', 1),
        stat("失联进程 Processes down", _DOWN, 1),
        stat("未就绪检查 Checks failing", "count(linli_ready_info == 0) or vector(0)", 1),
        stat("待处置事件 Events parked", f"sum({parked})", 1),
        stat("未发出事件 Unsent events", "sum(service:linli_outbox_rows:max)", 1000),
        stat("队列中事件 Queued events", "sum(rabbitmq_detailed_queue_messages)", 1000),
        Panel("告警 Alerts", (Query('ALERTS{alertstate="firing"}'),), "table"),
        over_time("进程在线 Processes up", 'up{job="linli"}', "{{instance}}"),
    ]


def _requests() -> list[Panel]:
    return [
        over_time("每秒请求 Requests", "service:linli_http_requests:rate5m", unit="reqps"),
        over_time(
            "错误率 5xx", "service:linli_http_errors:ratio_rate5m", unit="percentunit", limit=0.05
        ),
        over_time(
            "响应时间 Latency p95", "service:linli_http_request_seconds:p95_5m", unit="s", limit=1
        ),
        over_time(
            "数据库连接池 Database pools",
            "instance:linli_database_pool_connections:ratio",
            "{{instance}}",
            unit="percentunit",
            limit=0.9,
        ),
    ]


def _machine() -> list[Panel]:
    memory = 'process_resident_memory_bytes{job="linli"}'
    seconds = 'rate(process_cpu_seconds_total{job="linli"}[5m])'
    ends = "linli_certificate_expiry_timestamp_seconds - time()"
    return [
        over_time(
            "磁盘剩余 Disk free",
            "folder:linli_disk_free_bytes:ratio",
            "{{folder}}",
            unit="percentunit",
        ),
        over_time("证书剩余 Certificate ends in", ends, "{{address}}", unit="s"),
        over_time("进程内存 Memory", memory, "{{instance}}", unit="bytes"),
        over_time("进程 CPU", seconds, "{{instance}}", unit="percentunit"),
    ]


def _answers_of_one() -> list[Panel]:
    api = f"{_HERE},{_NO_HEALTH}"
    answered = f"rate(linli_http_requests_total{{{api}}}[5m])"
    seconds = f"rate(linli_http_request_seconds_bucket{{{api}}}[5m])"
    return [
        over_time("检查项 Checks", f"linli_ready_info{{{_HERE}}}", "{{instance}} {{check}}"),
        over_time(
            "每秒请求 Requests", f"sum by (operation) ({answered})", "{{operation}}", unit="reqps"
        ),
        over_time(
            "应答 Answers by status", f"sum by (status) ({answered})", "{{status}}", unit="reqps"
        ),
        over_time(
            "响应时间 Latency p95",
            f"histogram_quantile(0.95, sum by (operation, le) ({seconds}))",
            "{{operation}}",
            unit="s",
            limit=1,
        ),
    ]


def _events_of_one() -> list[Panel]:
    age = f"service:linli_outbox_age_seconds:max{{{_HERE}}}"
    handled = f"service_queue_outcome:linli_events_handled:rate5m{{{_HERE}}}"
    failed = f"service_state:linli_failed_events_rows:max{{{_HERE}}}"
    return [
        over_time("发件箱最久 Outbox age", age, unit="s", limit=60),
        over_time("未发出 Outbox rows", f"service:linli_outbox_rows:max{{{_HERE}}}"),
        over_time("处理 Handled", handled, "{{queue}} {{outcome}}", unit="ops"),
        over_time("待重试与待处置 Waiting and parked", failed, "{{state}}", limit=1),
    ]


def _processes_of_one() -> list[Panel]:
    connections = f'linli_database_pool_connections{{{_HERE},kind=~"api|worker"}}'
    memory = f"process_resident_memory_bytes{{{_HERE}}}"
    return [
        over_time("数据库连接 Connections in use", connections, "{{instance}}"),
        over_time("内存 Memory", memory, "{{instance}}", unit="bytes"),
    ]
