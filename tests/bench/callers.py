"""Owns many callers of an HTTP door at once: each sends its next request when it has its answer.

Plain sockets in one event loop, so that the callers cost the machine little beside what they ask.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_LONGEST_WAIT = 30.0


@dataclass
class Answers:
    """What callers got."""

    seconds: list[float] = field(default_factory=list)
    """How long each right answer took."""
    errors: Counter[str] = field(default_factory=Counter)
    """Other answers by status, and connections that broke."""


def call(
    address: str, callers: int, seconds: float, status: int, request: Callable[[], bytes]
) -> Answers:
    """Let callers send requests for so long; `status` is the right answer."""
    answers = Answers()

    async def all_callers() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(
            *(_caller(address, until, status, request, answers) for _ in range(callers))
        )

    asyncio.run(all_callers())
    return answers


async def _caller(
    address: str, until: float, status: int, request: Callable[[], bytes], answers: Answers
) -> None:
    place = urlsplit(address)
    while time.perf_counter() < until:
        try:
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            try:
                await _keep_asking(reader, writer, until, status, request, answers)
            finally:
                writer.close()
        except (OSError, EOFError, TimeoutError) as error:
            answers.errors[type(error).__name__] += 1


async def _keep_asking(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    until: float,
    status: int,
    request: Callable[[], bytes],
    answers: Answers,
) -> None:
    """Use one connection until the time is over or the door closes it."""
    open_still = True
    while open_still and time.perf_counter() < until:
        started = time.perf_counter()
        writer.write(request())
        async with asyncio.timeout(_LONGEST_WAIT):
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
        if (got := int(head.split(b" ", 2)[1])) == status:
            answers.seconds.append(time.perf_counter() - started)
        else:
            answers.errors[str(got)] += 1
        open_still = _CLOSE.search(head) is None


def as_bytes(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
