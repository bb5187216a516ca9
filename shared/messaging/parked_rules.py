"""Owns what may be done with a parked event, and the refusals that say why not."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.errors import Conflict, NotFound, TooMany
from shared.messaging import topology
from shared.messaging.envelope import Undecodable, identity, unseal
from shared.messaging.tables import FailedEvent

REPLAYS_PER_MINUTE = 100
"""Of one service, by whatever door and person: a handler that breaks on everything must not be
given its whole parking at once."""

MARGIN = timedelta(days=1)
"""An event's time is its producer's clock's, its claim in the inbox is stamped by ours."""

_MINUTE = timedelta(minutes=1)
_STATES_ZH = {
    "parked": "待处置",
    "waiting": "等待重试",
    "handled": "已处理",
    "discarded": "已丢弃",
}


class ParkedEventUnknown(NotFound):
    """There is no failed event of that id."""

    zh = "没有此事件；已结清的事件过保留期后会被删除"
    en = "There is no such event; settled ones are deleted when their time is over"


class EventNotParked(Conflict):
    """The event is in a state in which there is nothing for a person to decide."""

    zh = "事件状态为“{state_zh}”，只有“待处置”的事件可以重放或丢弃"
    en = "The event is {state}: only a parked event can be replayed or discarded"


class EventHadItsEffect(Conflict):
    """The event came again and was handled: there is nothing left to discard."""

    zh = "该事件再次送达时已处理完毕，无需丢弃；重放只会将其结清，不会重复生效"
    en = "The event came again and was handled: replay it, that settles it without a second effect"


class EventHasNoId(Conflict):
    """Nothing tells whether the event had its effect before."""

    zh = "消息没有可读的事件编号（ce-id），重放不会成功；请查看后丢弃"
    en = "The message has no readable event id (ce-id): a replay can't succeed; discard it"


class EventHasNoType(Conflict):
    """Nothing tells what the message says."""

    zh = "消息没有事件类型（ce-type），重放不会成功；请查看后丢弃"
    en = "The message has no event type (ce-type): a replay can't succeed; discard it"


class EventUnreadable(Conflict):
    """The message names an event that is known, and isn't one."""

    zh = "消息无法作为事件读取（{reason}），重放不会成功；请查看后丢弃"
    en = "The message can't be read as an event ({reason}): a replay can't succeed; discard it"


class EventTypeUnknown(Conflict):
    """This version doesn't know the type; a later one may."""

    zh = "当前版本不认识事件类型“{event_type}”；升级服务后再重放"
    en = "This version doesn't know the event type {event_type!r}: replay it after an upgrade"


class QueueUnknown(Conflict):
    """No handler listens to the queue that the event came from."""

    zh = "没有处理程序监听队列“{queue}”，重放不会成功；请查看后丢弃"
    en = "No handler listens to the queue {queue!r}: a replay can't succeed; discard it"


class EventTooOld(Conflict):
    """The inbox may have forgotten whether the event had its effect."""

    zh = "事件发生于 {said_at}，早于收件箱能记住的 {days} 天，重放可能重复生效；请核对后丢弃"
    en = (
        "The event was said at {said_at}, and the inbox is sure of the last {days} days only: a "
        "replay might have its effect a second time. Check by hand, then discard it"
    )


class TooManyReplays(TooMany):
    """The service's replays of this minute are used up."""

    zh = "每分钟最多重放 {most} 个事件，请在 {retry_after} 秒后再试"
    en = "At most {most} events are replayed in a minute; try again in {retry_after} s"


def require_parked(row: FailedEvent) -> None:
    """Refuse what is not in a person's hands.

    Raises:
        EventNotParked: naming the state it is in.
    """
    if row.state != "parked":
        raise EventNotParked(state=row.state, state_zh=_STATES_ZH[row.state])


def require_replayable(row: FailedEvent, inbox_days: timedelta, now: datetime) -> None:
    """Refuse what a replay can't help, or might do a second time.

    Raises:
        EventHasNoId, EventHasNoType: when the message doesn't say what it is.
        EventTypeUnknown: when this version doesn't know what it says it is.
        EventUnreadable: when its time or body can't be read.
        QueueUnknown: when no handler of this version hears the queue.
        EventTooOld: when the inbox may have forgotten the event.
    """
    event_type = row.headers.get("ce-type", "")
    if identity(row.headers) is None:
        raise EventHasNoId
    if not event_type.strip():
        raise EventHasNoType
    if all(event.name != event_type for event in topology.EVENTS):
        raise EventTypeUnknown(event_type=event_type)
    try:
        event = unseal(row.queue, row.headers, row.body)
    except Undecodable as error:
        raise EventUnreadable(reason=str(error)) from error
    if row.queue not in {queue for one in topology.EVENTS for queue in _queues_of(one)}:
        raise QueueUnknown(queue=row.queue)
    sure = inbox_days - MARGIN
    if event.time < now - sure:
        raise EventTooOld(said_at=event.time.isoformat(timespec="minutes"), days=sure.days)


def replays_left(recent: Sequence[datetime], now: datetime) -> int:
    """Return how many events may be replayed now, given when the last ones were.

    Raises:
        TooManyReplays: when it is none.
    """
    within = sorted(at for at in recent if at > now - _MINUTE)
    left = REPLAYS_PER_MINUTE - len(within)
    if left <= 0:
        wait = within[-REPLAYS_PER_MINUTE] + _MINUTE - now
        raise TooManyReplays(retry_after=int(wait.total_seconds()) + 1, most=REPLAYS_PER_MINUTE)
    return left


def minute_before(now: datetime) -> datetime:
    """Return since when replays count for the limit."""
    return now - _MINUTE


def _queues_of(event: topology.EventType) -> list[str]:
    return [event.queue_of(consumer) for consumer in event.hearers]
