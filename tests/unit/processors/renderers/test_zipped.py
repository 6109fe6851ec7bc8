"""A zip of entries that are deflated piece by piece, small and beyond 4 GiB."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from itertools import pairwise
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zlib_ng import zlib_ng

from domain.zips import Entry, Method, Zip
from processors.renderers.zipped import Piece, Undeflated, deflated_piece, entry_of

_LONG = st.integers(65_000, 200_000).map(lambda size: b"long" * (size // 4))
"""Content that takes more than one block."""


@given(contents=st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_an_entry_of_pieces_is_one_entry(contents: list[bytes]) -> None:
    file = Zip()
    pieces = [deflated_piece(content, last=False) for content in contents]
    pieces.append(deflated_piece(b"", last=True))
    opening = file.opening(entry_of("dir/a.xml", [piece for piece, _ in pieces]))
    whole = opening + b"".join(data for _, data in pieces) + file.closing()
    with ZipFile(BytesIO(whole)) as read:
        assert read.read("dir/a.xml") == b"".join(contents)
        assert read.testzip() is None


@given(first=st.binary(max_size=99), second=st.binary(max_size=99))
def test_sums_are_combined_as_zlib_would_count_them(first: bytes, second: bytes) -> None:
    combined = zlib_ng.crc32_combine(zlib.crc32(first), zlib.crc32(second), len(second))
    assert combined == zlib.crc32(first + second)


def test_beyond_4_gib_sizes_and_places_are_in_zip64() -> None:
    file = Zip()
    huge = Piece(5 << 30, 6 << 30, 1)
    openings = [
        file.opening(entry_of("huge", [huge])),
        file.opening(entry_of("small", [Piece(2, 0, 0)])),
    ]
    end = file.closing()
    sparse = _Sparse([openings[0], huge.stored, openings[1], b"\x03\0", end])
    with ZipFile(sparse) as read:
        found = read.infolist()
        assert [(each.file_size, each.compress_size) for each in found] == [
            (6 << 30, 5 << 30), (0, 2),
        ]  # fmt: skip
        assert found[1].header_offset == len(openings[0]) + huge.stored
        assert read.read("small") == b""


@given(contents=st.lists(st.binary(max_size=99), max_size=5))
def test_stored_entries_are_their_content(contents: list[bytes]) -> None:
    file, whole = Zip(), b""
    for number, content in enumerate(contents):
        size, crc = len(content), zlib.crc32(content)
        entry = Entry(name=f"é{number}", method=Method.STORED, size=size, stored=size, crc=crc)
        whole += file.opening(entry) + content
    with ZipFile(BytesIO(whole + file.closing())) as read:
        assert [read.read(each) for each in read.infolist()] == contents
        assert [each.filename for each in read.infolist()] == [
            f"é{number}" for number in range(len(contents))
        ]


@given(
    contents=st.lists(st.lists(st.binary(max_size=99) | _LONG, max_size=4), max_size=4),
    large=st.booleans(),
)
def test_an_entry_that_is_not_known_beforehand_can_be_read_as_it_comes(
    contents: list[list[bytes]], large: bool
) -> None:
    file, whole = Zip(), b""
    for number, content in enumerate(contents):
        writing = Undeflated()
        whole += file.opening_unknown(f"é{number}", large=large)
        data = b"".join([*map(writing.add, content), writing.end()])
        reading = zlib.decompressobj(-15)
        assert reading.decompress(data + b"behind") == b"".join(content)
        assert reading.unused_data == b"behind"
        following = file.ending(entry_of(f"é{number}", [writing.piece]))
        sizes = struct.unpack("<QQ" if large else "<II", following[8:])
        assert sizes == (len(data), sum(map(len, content)))
        whole += data + following
    with ZipFile(BytesIO(whole + file.closing())) as read:
        assert read.testzip() is None
        assert [read.read(each) for each in read.infolist()] == list(map(b"".join, contents))


@given(content=st.binary(max_size=99) | _LONG, cuts=st.sets(st.integers(0, 200_000), max_size=4))
def test_how_content_is_cut_changes_no_byte(content: bytes, cuts: set[int]) -> None:
    bounds = [0, *sorted(cut for cut in cuts if cut < len(content)), len(content)]
    one, other = Undeflated(), Undeflated()
    whole = one.add(content) + one.end()
    parts = [other.add(content[start:end]) for start, end in pairwise(bounds)]
    assert b"".join([*parts, other.end()]) == whole
    assert (one.piece, one.piece.stored) == (other.piece, len(whole))


def test_more_data_than_was_thought_possible_are_refused() -> None:
    file = Zip()
    file.opening_unknown("a", large=False)
    with pytest.raises(ValueError, match="more data"):
        file.ending(entry_of("a", [Piece(5 << 30, 5 << 30, 1)]))


def test_an_entry_beyond_4_gib_is_followed_by_its_sizes_in_zip64() -> None:
    file = Zip()
    huge = Piece(5 << 30, 6 << 30, 1)
    opening = file.opening_unknown("huge", large=True)
    following = file.ending(entry_of("huge", [huge]))
    small = file.opening(entry_of("small", [Piece(2, 0, 0)]))
    sparse = _Sparse([opening, huge.stored, following, small, b"\x03\0", file.closing()])
    with ZipFile(sparse) as read:
        first, second = read.infolist()
        assert (first.file_size, first.compress_size) == (6 << 30, 5 << 30)
        assert second.header_offset == len(opening) + huge.stored + len(following)
        assert read.read("small") == b""


class _Sparse(BytesIO):
    """A file with runs of bytes that are never looked at."""

    def __init__(self, runs: list[bytes | int]) -> None:
        super().__init__()
        self._runs, self._at = runs, 0
        self._size = sum(run if isinstance(run, int) else len(run) for run in runs)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + {0: 0, 1: self._at, 2: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        start, end = 0, self._size if size is None or size < 0 else self._at + size
        found = b""
        for run in self._runs:
            length = run if isinstance(run, int) else len(run)
            first, last = max(self._at, start) - start, min(end, start + length) - start
            if first < last:
                found += bytes(last - first) if isinstance(run, int) else run[first:last]
            start += length
        self._at += len(found)
        return found
