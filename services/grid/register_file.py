"""Owns how the bytes of a register file become lines: plain or gzip, capped, hashed, read once."""

import hashlib
import zlib
from collections.abc import Iterator
from typing import IO

from shared.errors import Rejected

MAX_PACKED_BYTES = 64 * 1024 * 1024
MAX_BYTES = 256 * 1024 * 1024
MAX_LINES = 2_000_000
"""Unpacked: the register of the whole country has 35 MB in 665,277 lines."""
MAX_LINE_BYTES = 2_000

_BLOCK_BYTES = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_BOM = b"\xef\xbb\xbf"


class RegisterTooLarge(Rejected):
    """Unpacked, the file is larger than any register; a gzip bomb looks like this."""

    status = 413
    zh = "文件（解压后）超过 {megabytes} MB 或 {lines} 行"
    en = "Unpacked, the file has more than {megabytes} MB or {lines} lines"

    def __init__(self) -> None:
        super().__init__(megabytes=MAX_BYTES // 1024**2, lines=MAX_LINES)


class LineTooLong(Rejected):
    """A line has more bytes than any row needs."""

    zh = "第 {row} 行超过 {bytes} 字节"
    en = "Row {row} is longer than {bytes} bytes"


class BrokenGzip(Rejected):
    """The file says it is gzip, and can't be unpacked to its end."""

    zh = "压缩文件已损坏或不完整"
    en = "The gzip file is broken or incomplete"


class RegisterFile:
    """A register file as it comes in; memory stays constant whatever its size."""

    def __init__(self, stream: IO[bytes], *, packed: bool) -> None:
        self._stream = stream
        self._packed = packed
        self._hash = hashlib.sha256()
        self._read = False

    @property
    def sha256(self) -> str:
        """The hash of the file as it came, packed or not; complete after the last line."""
        return self._hash.hexdigest()

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number from 1, line without its end and without a byte order mark).

        Raises:
            RegisterTooLarge, LineTooLong, BrokenGzip: as soon as it is known.
        """
        if self._read:
            raise RuntimeError("a register file is read once")
        self._read = True
        for number, line in enumerate(_lines(self._unpacked()), start=1):
            if number > MAX_LINES:
                raise RegisterTooLarge
            if len(line) > MAX_LINE_BYTES:
                raise LineTooLong(row=number, bytes=MAX_LINE_BYTES)
            yield number, (line.removeprefix(_BOM) if number == 1 else line).removesuffix(b"\r")

    def drain(self) -> None:
        """Read what is left: a server that answers before it has read all may lose its answer."""
        for _ in self._blocks():
            pass

    def _blocks(self) -> Iterator[bytes]:
        while block := self._stream.read(_BLOCK_BYTES):
            self._hash.update(block)
            yield block

    def _unpacked(self) -> Iterator[bytes]:
        size = 0
        for block in _gunzipped(self._blocks()) if self._packed else self._blocks():
            size += len(block)
            if size > MAX_BYTES:
                raise RegisterTooLarge
            yield block


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
        if len(rest) > MAX_LINE_BYTES:
            break
    if rest:
        yield rest


def _gunzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack piece by piece, never more than a block ahead; gzip files may follow each other."""
    member = zlib.decompressobj(_GZIP)
    started = False
    for packed in blocks:
        while packed:
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            started = True
            try:
                yield member.decompress(packed, _BLOCK_BYTES)
            except zlib.error:
                raise BrokenGzip from None
            packed = member.unused_data if member.eof else member.unconsumed_tail
    if started and not member.eof:
        raise BrokenGzip
