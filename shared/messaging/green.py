"""Owns how psycopg waits in a worker: handing over to eventlet, so that other handlers go on.

psycopg's own wait in C stops every green thread; its `wait_selector` lets them go on, but makes
and closes a selector at each wait, which costs an eighth of a busy handler's time.
"""

import os
from collections.abc import Generator
from typing import TypeVar

import eventlet
import psycopg.waiting
from eventlet.green import select
from eventlet.hubs import trampoline
from psycopg.waiting import Ready, Wait, wait_selector

Result = TypeVar("Result")
_READY = {
    (True, True): Ready.RW,
    (True, False): Ready.R,
    (False, True): Ready.W,
    (False, False): Ready.NONE,
}


def wait(
    gen: Generator[Wait, Ready | int, Result],
    fileno: int,
    interval: float = 0.0,
    timeout: float | None = None,
) -> Result:
    """Run psycopg's steps to their end, waiting for the socket between them; return their result.

    Who writes much must read meanwhile, or server and client wait for each other: then whichever
    is possible first counts. A wait with a timeout (for notifications) is psycopg's own.
    """
    if timeout is not None:
        return wait_selector(gen, fileno, interval, timeout)
    try:
        wanted = next(gen)
        while True:
            if wanted == Wait.R:
                trampoline(fileno, read=True)
                ready = Ready.R
            elif wanted == Wait.W:
                trampoline(fileno, write=True)
                ready = Ready.W
            else:
                readable, writable, _ = select.select([fileno], [fileno], [])
                ready = _READY[bool(readable), bool(writable)]
            wanted = gen.send(ready)
    except StopIteration as end:
        result: Result = end.value
        return result


def install() -> None:
    """Let this process's psycopg wait so.

    Raises:
        RuntimeError: when eventlet has not patched sockets, or psycopg was imported before
            PSYCOPG_WAIT_FUNC=wait_selector kept it from its wait in C.
    """
    if not eventlet.patcher.is_monkey_patched("socket"):
        raise RuntimeError("a worker must start through `linli worker`, which patches eventlet in")
    if os.environ.get("PSYCOPG_WAIT_FUNC") != "wait_selector" or (
        psycopg.waiting.wait not in (wait_selector, wait)
    ):
        raise RuntimeError("PSYCOPG_WAIT_FUNC=wait_selector must be set before psycopg is imported")
    psycopg.waiting.wait = wait
