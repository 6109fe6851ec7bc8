"""How the files that a split makes lie in the zip: what is text is deflated, share by share where
it is rendered; what is compressed inside is stored as it is."""

from __future__ import annotations

import hashlib
from typing import Final, Protocol

from zlib_ng import zlib_ng

from domain.zips import Method
from processors.renderers.zipped import NOTHING, Piece, deflated_piece, plain_piece


class Content(Protocol):
    """Digests the content of a file, given its data in the zip in their order."""

    def take(self, data: bytes) -> None: ...

    def sha256(self) -> str: ...


class Packing(Protocol):
    """`between` is the piece that stands in front of every share's, as in a list that needs
    commas."""

    @property
    def method(self) -> Method: ...

    @property
    def between(self) -> Piece: ...

    def packed(self, rows: bytes) -> tuple[Piece, bytes]:
        """A part of the format's as a share's data, `between` in front; the piece is without."""
        ...

    def unpacked(self, data: bytes) -> bytes:
        """What `packed` was given."""
        ...

    def own(self, content: bytes, *, last: bool) -> tuple[Piece, bytes]:
        """What the format has around its parts."""
        ...

    def content(self) -> Content: ...


class Stored:
    """Data are content."""

    method: Final = Method.STORED
    between: Final = NOTHING

    def packed(self, rows: bytes) -> tuple[Piece, bytes]:
        return plain_piece(rows), rows

    def unpacked(self, data: bytes) -> bytes:
        return data

    def own(self, content: bytes, *, last: bool) -> tuple[Piece, bytes]:
        return plain_piece(content), content

    def content(self) -> Content:
        return _Plain()


class Deflated:
    """Each share is deflated by itself, and so is what parts it from others, which the first one of
    a file goes without."""

    method: Final = Method.DEFLATED

    def __init__(self, between: bytes) -> None:
        self._between = between
        self.between: Piece = NOTHING
        self._lead = b""
        if between:
            self.between, self._lead = deflated_piece(between, last=False)

    def packed(self, rows: bytes) -> tuple[Piece, bytes]:
        piece, data = deflated_piece(rows.removeprefix(self._between), last=False)
        return piece, self._lead + data

    def unpacked(self, data: bytes) -> bytes:
        return zlib_ng.decompressobj(-zlib_ng.MAX_WBITS).decompress(data)

    def own(self, content: bytes, *, last: bool) -> tuple[Piece, bytes]:
        return deflated_piece(content, last=last)

    def content(self) -> Content:
        return _Inflated()


class _Plain:
    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def take(self, data: bytes) -> None:
        self._sha256.update(data)

    def sha256(self) -> str:
        return self._sha256.hexdigest()


class _Inflated:
    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._inflating = zlib_ng.decompressobj(-zlib_ng.MAX_WBITS)

    def take(self, data: bytes) -> None:
        """In slices, as a few bytes may stand for many."""
        view = memoryview(data)
        for start in range(0, len(data), _SLICE):
            self._sha256.update(self._inflating.decompress(view[start : start + _SLICE]))

    def sha256(self) -> str:
        return self._sha256.hexdigest()


_SLICE: Final = 1 << 16
