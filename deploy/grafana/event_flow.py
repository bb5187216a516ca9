"""Own the dashboard that follows events: out of the outbox, through the queues, to their effect."""

from deploy.grafana.panels import Board, Panel, Query, Row, Variable, over_time

_QUEUE = 'queue=~"$queue"'
_HEARING = Variable(
    "queue",
    "队列 queue",
    'label_values(rabbitmq_detailed_queue_messages{queue!~"evt-.*"}, queue)',
    several=True,
)


def events() -> Board:
    """Return the board."""
    return Board(
        "linli-events",
        "邻里 · 事件流转 Events",
        [
            Row("发出 Out"),
            *_out(),
            Row("队列 Queues"),
            over_time(
                "深度 Depth",
                f"rabbitmq_detailed_queue_messages{{{_QUEUE}}}",
                "{{queue}}",
                limit=1000,
            ),
            over_time(
                "消费者 Consumers",
                f"rabbitmq_detailed_queue_consumers{{{_QUEUE}}}",
                "{{queue}}",
            ),
            Row("生效 Effect"),
            *_effect(),
            Row("异常 What went wrong"),
            *_wrong(),
        ],
        (_HEARING,),
    )


def _out() -> list[Panel]:
    confirm = 'rate(linli_relay_confirm_seconds_bucket{kind="relay"}[5m])'
    return [
        over_time(
            "发件箱最久 Outbox age", "service:linli_outbox_age_seconds:max", unit="s", limit=60
        ),
        over_time("未发出 Outbox rows", "service:linli_outbox_rows:max"),
        over_time(
            "发出 Published",
            "service_event:linli_relay_published:rate5m",
            "{{event}}",
            unit="ops",
        ),
        over_time(
            "确认时间 Confirm p95",
            f"histogram_quantile(0.95, sum by (service, le) ({confirm}))",
            unit="s",
        ),
    ]


def _effect() -> list[Panel]:
    handler = f"rate(linli_handler_seconds_bucket{{{_QUEUE}}}[5m])"
    batch = f"rate(linli_batch_events_bucket{{{_QUEUE}}}[5m])"
    return [
        over_time(
            "处理 Handled",
            f"service_queue_outcome:linli_events_handled:rate5m{{{_QUEUE}}}",
            "{{queue}} {{outcome}}",
            unit="ops",
        ),
        over_time(
            "从发生到生效 Cause to effect p95",
            f"service_queue:linli_event_effect_seconds:p95_5m{{{_QUEUE}}}",
            "{{queue}}",
            unit="s",
            limit=10,
        ),
        over_time(
            "处理时间 Handler p95",
            f"histogram_quantile(0.95, sum by (queue, le) ({handler}))",
            "{{queue}}",
            unit="s",
        ),
        over_time(
            "每批事件 Events in a batch p50",
            f"histogram_quantile(0.5, sum by (queue, le) ({batch}))",
            "{{queue}}",
        ),
    ]


def _wrong() -> list[Panel]:
    refused = 'rate(linli_relay_refused_total{kind="relay"}[5m])'
    unroutable = 'rate(linli_relay_unroutable_total{kind="relay"}[5m])'
    again = 'rate(linli_relay_sent_again_total{kind="relay"}[5m])'
    return [
        over_time(
            "待重试与待处置 Waiting and parked",
            "service_state:linli_failed_events_rows:max",
            "{{service}} {{state}}",
            limit=1,
        ),
        over_time(
            "拒收与无处投递 Refused and unroutable",
            f"sum by (service) ({refused})",
            "{{service}} refused",
            Query(f"sum by (event) ({unroutable})", "{{event}} unroutable"),
            Query(f"sum by (event) ({again})", "{{event}} again"),
            unit="ops",
        ),
        over_time("发送中的转发器 Active relays", "service:linli_relay_active_info:max"),
        over_time(
            "拓扑缺失与无主 Missing and orphans",
            'linli_topology_missing_rows{kind="provisioner"}',
            "missing",
            Query('linli_topology_orphan_rows{kind="provisioner"}', "orphans"),
            Query('max by (event) (linli_relay_held_info{kind="relay"} > 0)', "{{event}} held"),
            limit=1,
        ),
    ]
