"""The file of erasures: read as it was written, refused when anything of it is missing."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.privacy.erasure import ErasureRow
from shared.privacy.erasure_file import ErasureFileBroken, read, written

AT = datetime(2026, 11, 23, 4, 0, 0, 7, tzinfo=UTC)
ROWS = [ErasureRow(UUID(int=n), AT, UUID(int=9), "本人要求\n删\u2028除") for n in range(3)]


def file(rows: list[ErasureRow]) -> bytes:
    return "".join(written("grid", rows)).encode()


@pytest.mark.parametrize("rows", [[], ROWS])
def test_a_file_reads_as_it_was_written(rows: list[ErasureRow]):
    assert read("grid", file(rows)) == rows


def test_a_file_that_was_cut_anywhere_is_refused():
    whole = file(ROWS)
    for length in range(len(whole)):
        with pytest.raises(ErasureFileBroken):
            read("grid", whole[:length])


def test_a_file_with_a_line_less_more_or_other_is_refused():
    lines = file(ROWS).splitlines(keepends=True)
    other = lines[2].replace(b"000002", b"000007").replace(b"000001", b"000008")
    assert other != lines[2]
    for changed in (
        [*lines[:2], *lines[3:]],
        [*lines[:3], *lines[2:]],
        [*lines[:2], other, *lines[3:]],
        [*lines, b"{}\n"],
        [*lines, *lines],
    ):
        with pytest.raises(ErasureFileBroken):
            read("grid", b"".join(changed))


def test_a_file_of_another_service_is_refused():
    with pytest.raises(ErasureFileBroken, match="line 1.*no heading of erasures of gateway"):
        read("gateway", file(ROWS))


@pytest.mark.parametrize("content", [b"", b"\n", b"not json\n", b"[]\n", b"\xff\xfe\n"])
def test_what_is_no_file_of_erasures_is_refused(content: bytes):
    with pytest.raises(ErasureFileBroken, match="line 1"):
        read("grid", content)


def test_a_row_that_is_no_erasure_is_named_though_the_file_is_whole():
    broken = ErasureRow(ROWS[0].person_id, AT, ROWS[0].by_id, " ")
    with pytest.raises(ErasureFileBroken, match="line 2.*no erasure"):
        read("grid", file([broken]))
    naive = ErasureRow(ROWS[0].person_id, AT.replace(tzinfo=None), ROWS[0].by_id, "x")
    with pytest.raises(ErasureFileBroken, match="line 2.*offset"):
        read("grid", file([naive]))
