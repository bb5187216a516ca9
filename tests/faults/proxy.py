"""Owns the way between a process and a server where the network misbehaves: slow, cut, half-open,
or a process dies at the very byte that a trap waits for."""

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["through", "slow", "stalled"]
Side = Literal["client", "server"]

SLOW_SECONDS = 0.05
"""What each piece waits on a slow way; a thousandth of that is usual on a LAN."""

_CHUNK_BYTES = 64 * 1024
_RESET = struct.pack("ii", 1, 0)  # close() sends RST, not FIN, and waits for nothing


@dataclass(frozen=True)
class Mark:
    """What a trap waits for: bytes that a side sends."""

    side: Side
    pattern: "re.Pattern[bytes]"


@dataclass
class Trap:
    """Springs once when its marks have passed one after the other on one connection.

    What carries the last mark never arrives. `spring` is called in the way's own thread and must
    be quick: SIGKILL.
    """

    marks: Sequence[Mark]
    spring: Callable[[], None]
    sprung: threading.Event = field(default_factory=threading.Event)
    _reached: dict[tuple[int, int], int] = field(default_factory=dict)
    """How many marks have passed, by the way's port and the number of the connection."""

    def take(self, connection: tuple[int, int], side: Side, data: bytes) -> bytes:
        """Look at what a side sends; return what may go on."""
        at = 0
        while not self.sprung.is_set():
            reached = self._reached.get(connection, 0)
            mark = self.marks[reached]
            found = mark.pattern.search(data, at) if mark.side == side else None
            if found is None:
                return data
            at = found.end()
            if reached + 1 == len(self.marks):
                self.sprung.set()
                self.spring()
                return data[: found.start()]
            self._reached[connection] = reached + 1
        return b""


class Way:
    """One listening port that leads to one server."""

    def __init__(self, loop: asyncio.AbstractEventLoop, host: str, port: int) -> None:
        self._loop = loop
        self._to = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._connections = 0
        self._stranded = 0
        self.mode: Mode = "through"
        self.trap: Trap | None = None
        self.port = 0

    async def listen(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Take nobody in any more; called in the loop."""
        self._server.close()

    def behave(self, mode: Mode) -> None:
        """Let everything through, slowly, or nothing at all while connections stay open."""
        self._loop.call_soon_threadsafe(self._behave, mode)

    def strand(self) -> None:
        """Let nothing more arrive on the connections that are open now; new ones get through."""
        self._loop.call_soon_threadsafe(self._strand)

    def cut(self) -> None:
        """Break every connection at once, as a switch does that is turned off."""
        self._loop.call_soon_threadsafe(self._cut)

    def shut(self) -> None:
        """Break every connection and refuse new ones, as when the server itself is gone."""
        self._loop.call_soon_threadsafe(self.close)
        self.cut()

    def _behave(self, mode: Mode) -> None:
        self.mode = mode
        if mode == "stalled":
            self._flows.clear()
        else:
            self._flows.set()

    def _strand(self) -> None:
        self._stranded = self._connections

    def _cut(self) -> None:
        for writer in tuple(self._open):
            end: socket.socket = writer.get_extra_info("socket")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        number = self._connections
        self._open.add(writer)
        onward: asyncio.StreamWriter | None = None
        try:
            answers, onward = await asyncio.open_connection(*self._to)
            self._open.add(onward)
            tasks = {
                asyncio.ensure_future(self._pass(number, "client", reader, onward)),
                asyncio.ensure_future(self._pass(number, "server", answers, writer)),
            }
            _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
        except OSError:
            pass
        finally:
            for end in (writer, onward):
                if end is not None:
                    self._open.discard(end)
                    end.close()

    async def _pass(
        self, number: int, side: Side, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                await self._flows.wait()
                if self.mode == "slow":
                    await asyncio.sleep(SLOW_SECONDS)
                if number <= self._stranded:
                    continue
                if self.trap is not None:
                    data = self.trap.take((self.port, number), side, data)
                writer.write(data)
                await writer.drain()


class Ways:
    """Every way of a system, in a thread of its own. Use as a context manager."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._ways: list[Way] = []

    def __enter__(self) -> "Ways":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for way in self._ways:
            way.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def lead(self, host: str, port: int) -> Way:
        """Open a way to a server."""
        way = Way(self._loop, host, port)
        asyncio.run_coroutine_threadsafe(way.listen(), self._loop).result(10)
        self._ways.append(way)
        return way
