"""Owns how a look at the system is shown: on one screen, what is wrong at its end."""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from shared.status.seen import KINDS, Process, QueueState, Seen
from shared.status.verdict import Trouble
from shared.terminal import lines_of, time_of, width_of

_Word = Callable[[str], str]

_SCREEN_COLUMNS = 118
_GAP = 3

_WORDS = {
    "head": ("邻里运行状态", "Linli, state of the system"),
    "service": ("服务", "service"),
    "outbox": ("发件箱", "outbox"),
    "oldest": ("最久", "oldest"),
    "waiting": ("待重试", "waiting"),
    "parked": ("待处置", "parked"),
    "lag": ("滞后 5 分钟 p95", "lag p95 of 5 min"),
    "ready": ("就绪", "ready"),
    "not ready": ("未就绪", "NOT READY"),
    "standby": ("备用", "standby"),
    "silent": ("无应答", "NO ANSWER"),
    "others": ("其他", "others"),
    "queues": ("队列（深度/消费者）", "queues (depth/consumers)"),
    "unseen": ("看不到", "not seen"),
    "unknown": ("不明", "?"),
    "well": ("一切正常", "all is well"),
    "wrong": ("有 {} 个问题：", "{} things are wrong:"),
}


def language_of(environ: Mapping[str, str] = os.environ) -> str:
    """Return `en` where the terminal's language is English, else `zh`."""
    said = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "en" if said.lower().startswith("en") else "zh"


def screen(seen: Seen, wrong: Sequence[Trouble], now: datetime, language: str) -> Iterator[str]:
    """Yield the lines to print."""

    def word(key: str) -> str:
        return _WORDS[key][language == "en"]

    yield f"{word('head')}  {time_of(now)}"
    yield ""
    yield from lines_of(_services(seen, word))
    yield f"{word('others')}: {_others(seen, word)}"
    yield ""
    if seen.queues is None:
        yield f"{word('queues')}: {word('unseen')}"
    else:
        yield f"{word('queues')}:"
        yield from _in_columns([_cell(queue) for queue in seen.queues])
    yield ""
    yield word("wrong").format(len(wrong)) if wrong else word("well")
    yield from (f"  ! {trouble.text(language)}" for trouble in wrong)


def _services(seen: Seen, word: _Word) -> Iterator[list[str]]:
    heads = ("outbox", "oldest", "waiting", "parked", "lag")
    yield [word("service"), *KINDS, *map(word, heads)]
    for service in seen.services:
        yield [
            service,
            *(_state_of(seen, service, kind, word) for kind in KINDS),
            _number(seen.outbox_rows(service), word),
            _seconds(seen.outbox_seconds(service), word),
            _failed(seen, service, "waiting", word),
            _failed(seen, service, "parked", word),
            _lag(seen.lag_seconds.get(service)),
        ]


def _others(seen: Seen, word: _Word) -> str:
    named = {f"{service}-{kind}" for service in seen.services for kind in KINDS}
    own = {n: _state(p, word) for n, p in seen.processes.items() if n not in named}
    servers = {n: word("ready" if well else "silent") for n, well in seen.others.items()}
    return " · ".join(f"{name} {state}" for name, state in (own | servers).items())


def _state_of(seen: Seen, service: str, kind: str, word: _Word) -> str:
    if kind == "relay" and seen.stands_by(service):
        return word("standby")
    return _state(seen.process(service, kind), word)


def _state(process: Process, word: _Word) -> str:
    if not process.answers:
        return word("silent")
    return word("ready") if process.ready else f"{word('not ready')} {'+'.join(process.failing)}"


def _number(value: float, word: _Word) -> str:
    return word("unknown") if math.isnan(value) else f"{value:.0f}"


def _seconds(value: float, word: _Word) -> str:
    return word("unknown") if math.isnan(value) else f"{value:.0f} s"


def _failed(seen: Seen, service: str, state: str, word: _Word) -> str:
    """A worker that is well and counts none hears nothing that could fail."""
    value = seen.failed(service, state)
    return (
        "-" if math.isnan(value) and seen.process(service, "worker").ready else _number(value, word)
    )


def _lag(value: float | None) -> str:
    """Prometheus knows it for who heard something in the last five minutes."""
    return "-" if value is None else f"{value:.2g} s"


def _cell(queue: QueueState) -> str:
    return f"{queue.name} {queue.messages}/{queue.consumers}"


def _in_columns(cells: Sequence[str]) -> Iterator[str]:
    """Yield the cells side by side, as many as the screen takes."""
    widest = max(map(width_of, cells), default=0) + _GAP
    across = max(1, _SCREEN_COLUMNS // widest)
    for start in range(0, len(cells), across):
        yield "  " + "".join(cell.ljust(widest) for cell in cells[start : start + across]).rstrip()
