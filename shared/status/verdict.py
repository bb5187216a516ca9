"""Owns what is wrong with a system that was looked at, in words, the cause before what follows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.status.seen import KINDS, Process, Seen

# those of the alerts in deploy/prometheus/rules, which also wait whether it passes
OUTBOX_SECONDS = 60
QUEUE_MESSAGES = 1000
DISK_FREE_PART = 0.15
CERTIFICATE_DAYS = 21

_OUTSIDE = "evt-"
"""How queues of subscribers outside begin: theirs may lack a consumer and be deep."""

_CHECKS = {
    "database": ("数据库无应答", "the database does not answer"),
    "broker": ("没有向消息代理发送", "does not publish to the broker"),
    "consuming": ("没有在消费队列", "does not consume its queues"),
    "bindings": (
        "绑定缺失，或还看不到消息代理",
        "bindings are missing, or the broker was not seen yet",
    ),
    "topology": (
        "消息代理缺少应有的队列或绑定，或看不到它",
        "the broker lacks queues or bindings, or is not seen",
    ),
}


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong."""

    zh: str
    en: str

    def text(self, language: str) -> str:
        """Return it in `zh` or `en`."""
        return self.en if language == "en" else self.zh


def troubles(seen: Seen, now: datetime) -> list[Trouble]:
    """Return everything that is wrong; nothing when all is well."""
    return [
        *_of_servers(seen),
        *_of_processes(seen),
        *_of_relays(seen),
        *_of_events(seen),
        *_of_queues(seen),
        *_of_the_machine(seen, now),
        *_of_alerts(seen),
    ]


def _of_servers(seen: Seen) -> Iterator[Trouble]:
    if seen.queues is None:
        yield Trouble(
            "消息代理 RabbitMQ 看不到：管理接口无应答或登录被拒，队列未知",
            "the broker RabbitMQ is not seen: its management API does not answer or refuses the"
            " login; queues are unknown",
        )
    for name in sorted(name for name, well in seen.others.items() if not well):
        yield Trouble(f"{name} 未就绪或无应答", f"{name} is not ready")
    if seen.alerts is None:
        yield Trouble("Prometheus 没有应答，告警未知", "Prometheus does not answer; alerts unknown")


def _of_processes(seen: Seen) -> Iterator[Trouble]:
    silent = [one.name for one in _all_processes(seen) if not one.answers]
    if silent:
        names = ", ".join(silent)
        yield Trouble(f"进程没有应答：{names}", f"processes do not answer: {names}")
    failing = {check for one in _all_processes(seen) for check in one.failing}
    for check in sorted(failing, key=lambda name: [*_CHECKS, name].index(name)):
        zh, en = _CHECKS.get(check, (f"检查项 {check} 不通过", f"its check {check} fails"))
        names = ", ".join(one.name for one in _all_processes(seen) if check in one.failing)
        yield Trouble(f"{zh}：{names}", f"{en}: {names}")


def _all_processes(seen: Seen) -> list[Process]:
    named = [seen.process(service, kind) for service in seen.services for kind in KINDS]
    names = {process.name for process in named}
    return named + [one for name, one in seen.processes.items() if name not in names]


def _of_relays(seen: Seen) -> Iterator[Trouble]:
    for service in seen.services:
        if seen.stands_by(service) and seen.outbox_rows(service) > 0:
            yield Trouble(
                f"{service} 的转发器只是备用，而发件箱不空：另一个转发器占着发送权",
                f"the relay of {service} is on standby and its outbox not empty: another relay has"
                " the right to send",
            )
        age = seen.outbox_seconds(service)
        if age > OUTBOX_SECONDS:
            rows = seen.outbox_rows(service)
            yield Trouble(
                f"{service} 的发件箱有 {rows:.0f} 条未发出，最久已等 {age:.0f} 秒",
                f"the outbox of {service} holds {rows:.0f} rows, the oldest for {age:.0f} s",
            )


def _of_events(seen: Seen) -> Iterator[Trouble]:
    for service in seen.services:
        parked = seen.failed(service, "parked")
        if parked > 0:
            zh = f"{service} 有 {parked:.0f} 条待处置事件，等人处理"
            en = f"{service} has {parked:.0f} parked events that a person must settle"
            how = f"linli parking list {service}"
            yield Trouble(f"{zh}：{how}", f"{en}: {how}")


def _of_queues(seen: Seen) -> Iterator[Trouble]:
    own = [queue for queue in seen.queues or () if not queue.name.startswith(_OUTSIDE)]
    idle = [queue.name for queue in own if queue.consumers == 0]
    if idle:
        names = ", ".join(idle)
        yield Trouble(f"队列无人消费：{names}", f"queues without a consumer: {names}")
    for queue in own:
        if queue.messages > QUEUE_MESSAGES:
            yield Trouble(
                f"队列 {queue.name} 积压 {queue.messages} 条",
                f"the queue {queue.name} holds {queue.messages} events",
            )


def _of_the_machine(seen: Seen, now: datetime) -> Iterator[Trouble]:
    for process in seen.processes.values():
        for labels, free in process.measures.each("linli_disk_free_bytes"):
            folder = labels["folder"]
            size = process.measures.value("linli_disk_size_bytes", folder=folder)
            part = free / size if size else math.nan
            if part < DISK_FREE_PART:
                yield Trouble(
                    f"{folder} 所在磁盘只剩 {part:.0%}",
                    f"the disk of {folder} has {part:.0%} left",
                )
        for labels, ends in process.measures.each("linli_certificate_expiry_timestamp_seconds"):
            days = (ends - now.timestamp()) / 86400
            if days < CERTIFICATE_DAYS:
                yield Trouble(
                    f"入口 {labels['address']} 的证书还有 {days:.0f} 天到期",
                    f"the certificate of {labels['address']} ends in {days:.0f} days",
                )


def _of_alerts(seen: Seen) -> Iterator[Trouble]:
    for alert in seen.alerts or ():
        yield Trouble(
            f"告警 {alert.name}：{alert.zh}（docs/operations.md）",
            f"alert {alert.name}: {alert.en} (docs/operations.md)",
        )
