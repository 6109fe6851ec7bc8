"""A file is put together of its parts in one pass, whatever the format makes of them."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.formats import Compression
from domain.ports import Fragment
from domain.waybills import Digest
from processors.joining import PIECE_BYTES, Chunk, Fresh, Joining, Kept
from processors.renderers import Frame, Made, Part, Read, Totals, Verbatim
from tests.joined import joined, joining_of


class Sheets(Frame):
    """As Excel's frame does it: so many parts to a sheet, each sheet between brackets."""

    notes = True

    def __init__(self, parts_a_sheet: int = 2) -> None:
        self._parts = parts_a_sheet

    def render(self, fragment: Fragment) -> Part:
        return Part(data=fragment.data, rows=fragment.rows, rejected=(), note=b"n")

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        for first in range(0, len(made), self._parts):
            yield b"["
            yield Verbatim(first=first, last=min(first + self._parts, len(made)))
            yield b"]"
        yield b"%d rows" % totals.rows


class Pages(Sheets):
    """As PDF's frame does it: the file is made of the parts anew."""

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        yield b"cover "
        for number in range(len(made)):
            yield read(number).upper()
        yield b" end"


def parts_of(*texts: bytes) -> list[Part]:
    return [Sheets().render(Fragment(rows=1, data=text)) for text in texts]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def run(frame: Frame, *chunks: Sequence[Part]) -> Joining:
    data = [b"".join(part.data for part in chunk) for chunk in chunks]
    joining = joining_of(frame, chunks, data)
    assert list(joining.pieces())
    return joining


@given(texts=st.lists(st.binary(max_size=5), max_size=9), cuts=st.sets(st.integers(0, 9)))
def test_chunks_that_end_within_a_sheet_change_no_byte(texts: list[bytes], cuts: set[int]) -> None:
    parts = parts_of(*texts)
    bounds = [0, *sorted(cut for cut in cuts if cut < len(parts)), len(parts)]
    chunks = [parts[start:end] for start, end in pairwise(bounds)]
    for frame in (Sheets(), Pages()):
        assert joined(frame, *chunks) == joined(frame, parts)


def test_what_is_new_lies_in_pieces_and_parts_stay_where_they_are() -> None:
    pieces = list(joining_of(Sheets(), [parts_of(b"ab", b"c", b"de")], [b"abcde"]).pieces())
    assert pieces == [
        Fresh(data=b"[", sha256=sha256(b"[")),
        Kept(chunk=0, start=0, size=3, sha256=sha256(b"abc")),
        Fresh(data=b"][", sha256=sha256(b"][")),
        Kept(chunk=0, start=3, size=2, sha256=sha256(b"de")),
        Fresh(data=b"]3 rows", sha256=sha256(b"]3 rows")),
    ]


def test_the_first_bytes_of_a_part_can_stay_out() -> None:
    class Listed(Sheets):
        def assemble(
            self, made: Sequence[Made], read: Read, totals: Totals
        ) -> Iterator[bytes | Verbatim]:
            yield Verbatim(first=1, last=3, skipped=1)

    joining = joining_of(Listed(), [parts_of(b",a", b",b"), parts_of(b",c")], [b",a,b", b",c"])
    assert list(joining.pieces()) == [
        Kept(chunk=0, start=3, size=1, sha256=sha256(b"b")),
        Kept(chunk=1, start=0, size=2, sha256=sha256(b",c")),
    ]
    assert joining.sha256 == sha256(b"b,c")
    assert joining.crc32 == zlib.crc32(b"b,c")


def test_the_last_bytes_of_a_part_can_stay_out_and_what_goes_past_is_heard() -> None:
    heard: list[bytes] = []

    class Cut(Sheets):
        def assemble(
            self, made: Sequence[Made], read: Read, totals: Totals
        ) -> Iterator[bytes | Verbatim]:
            yield Verbatim(first=0, last=2, skipped=1, left=2, heard=heard.append)
            yield b"|"
            yield Verbatim(first=1, last=2, skipped=1)
            yield b"!"

    joining = joining_of(Cut(), [parts_of(b"abc"), parts_of(b"xyz")], [b"abc", b"xyz"])
    assert list(joining.pieces()) == [
        Kept(chunk=0, start=1, size=2, sha256=sha256(b"bc")),
        Kept(chunk=1, start=0, size=1, sha256=sha256(b"x")),
        Fresh(data=b"|", sha256=sha256(b"|")),
        Kept(chunk=1, start=1, size=2, sha256=sha256(b"yz")),
        Fresh(data=b"!", sha256=sha256(b"!")),
    ]
    assert heard == [b"bc", b"x"]
    assert [share.bytes for share in joining.shares] == [0, 2, 4, 1]


def test_the_digest_that_a_whole_chunk_was_checked_by_is_used_again() -> None:
    chunk = Chunk(made=(Made(size=2, rows=1, rejected=0),), sha256="checked")
    joining = Joining(Sheets(), [chunk], lambda _: b"ab", Compression.NONE)
    assert Kept(chunk=0, start=0, size=2, sha256="checked") in list(joining.pieces())
    assert joining.shares[1] == Digest(bytes=2, sha256="checked")
    assert joining.sha256 == sha256(b"[ab]1 rows")


@pytest.mark.parametrize(
    ("frame", "shares"),
    [
        (Sheets(), (b"[", b"a", b"b][", b"c", b"]3 rows")),
        (Sheets(1), (b"[", b"a][", b"b][", b"c", b"]3 rows")),
        (Pages(), (b"cover ", b"A", b"B", b"C end", b"")),
    ],
)
def test_the_chunks_shares_are_the_file(frame: Frame, shares: tuple[bytes, ...]) -> None:
    joining = run(frame, *([part] for part in parts_of(b"a", b"b", b"c")))
    assert joining.shares == [Digest(bytes=len(each), sha256=sha256(each)) for each in shares]
    assert (joining.size, joining.sha256) == (
        len(b"".join(shares)),
        sha256(b"".join(shares)),
    )


def test_without_chunks_everything_is_before_the_first() -> None:
    assert run(Pages()).shares == [
        Digest(bytes=10, sha256=sha256(b"cover  end")),
        Digest(bytes=0, sha256=sha256(b"")),
    ]


def test_much_that_is_new_is_cut_into_pieces() -> None:
    large = parts_of(b"x" * PIECE_BYTES, b"y", b"z" * PIECE_BYTES, b"!")
    data = [b"".join(part.data for part in large)]
    pieces = list(joining_of(Pages(), [large], data).pieces())
    assert [len(piece.data) for piece in pieces if isinstance(piece, Fresh)] == [
        PIECE_BYTES + len(b"cover "),
        PIECE_BYTES + 1,
        len(b"! end"),
    ]


def test_the_content_of_compressed_parts_is_digested_too() -> None:
    packed = gzip.compress(b"rows")
    chunk = Chunk(made=(Made(size=len(packed), rows=1, rejected=0),))

    class Plain(Sheets):
        def assemble(
            self, made: Sequence[Made], read: Read, totals: Totals
        ) -> Iterator[bytes | Verbatim]:
            yield Verbatim(first=0, last=1)

    joining = Joining(Plain(), [chunk], lambda _: packed, Compression.GZIP)
    assert len(list(joining.pieces())) == 1
    assert joining.content == Digest(bytes=4, sha256=sha256(b"rows"))
