"""How bytes become lines."""

import gzip
import hashlib
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grid.register_file import (
    MAX_LINE_BYTES,
    BrokenGzip,
    LineTooLong,
    RegisterFile,
    RegisterTooLarge,
)


def lines_of(data: bytes, *, packed: bool = False) -> list[bytes]:
    return [line for _, line in RegisterFile(io.BytesIO(data), packed=packed).lines()]


@given(st.lists(st.binary(max_size=50).filter(lambda b: not set(b) & set(b"\r\n\xef"))))
def test_lines_come_out_as_they_went_in_packed_or_not(lines: list[bytes]) -> None:
    data = b"".join(line + b"\r\n" for line in lines)
    assert lines_of(data) == lines
    assert lines_of(gzip.compress(data), packed=True) == lines


def test_the_last_line_needs_no_end_and_the_first_may_have_a_byte_order_mark() -> None:
    assert lines_of(b"\xef\xbb\xbfa\nb") == [b"a", b"b"]


def test_lines_are_whole_where_blocks_of_reading_meet() -> None:
    lines = [b"%07d" % number for number in range(100_000)]
    data = b"\n".join(lines)
    assert lines_of(data) == lines
    assert lines_of(gzip.compress(data), packed=True) == lines


def test_gzip_files_that_follow_each_other_are_one() -> None:
    assert lines_of(gzip.compress(b"a\n") + gzip.compress(b"b\n"), packed=True) == [b"a", b"b"]


@pytest.mark.parametrize("data", [b"", b"\n"])
def test_nothing_gives_no_rows(data: bytes) -> None:
    assert lines_of(data) == [b""] * len(data)
    assert lines_of(gzip.compress(data), packed=True) == [b""] * len(data)


@pytest.mark.parametrize("damage", [b"plain text", gzip.compress(b"a" * 999)[:-4], b"\x1f\x8b"])
def test_broken_gzip_is_refused(damage: bytes) -> None:
    with pytest.raises(BrokenGzip):
        lines_of(damage, packed=True)


def test_a_long_line_is_refused_and_the_longest_is_not() -> None:
    assert lines_of(b"a\n" + b"b" * MAX_LINE_BYTES)
    with pytest.raises(LineTooLong) as refused:
        lines_of(b"a\n" + b"b" * (MAX_LINE_BYTES + 1))
    assert refused.value.facts["row"] == 2


def test_a_gzip_bomb_of_one_line_is_refused_in_little_memory() -> None:
    bomb = gzip.compress(b"0" * 100_000_000, 9)
    tracemalloc.start()
    with pytest.raises(LineTooLong):
        lines_of(bomb, packed=True)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_a_gzip_bomb_of_short_lines_is_refused_in_little_memory() -> None:
    bomb = gzip.compress((b"0" * 1_999 + b"\n") * 140_000, 9)
    file = RegisterFile(io.BytesIO(bomb), packed=True)
    tracemalloc.start()
    with pytest.raises(RegisterTooLarge) as refused:
        for _ in file.lines():
            pass
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()
    assert refused.value.status == 413


def test_a_gzip_bomb_of_empty_lines_is_refused_by_their_number() -> None:
    bomb = gzip.compress(b"\n" * 100_000_000, 9)
    with pytest.raises(RegisterTooLarge):
        lines_of(bomb, packed=True)


def test_the_hash_is_of_the_file_as_it_came() -> None:
    data = gzip.compress(b"a\nb\n")
    file = RegisterFile(io.BytesIO(data), packed=True)
    assert list(file.lines())
    assert file.sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_is_read_once_so_that_a_second_try_cannot_load_half() -> None:
    file = RegisterFile(io.BytesIO(b"a\n"), packed=False)
    assert list(file.lines())
    with pytest.raises(RuntimeError):
        list(file.lines())
