"""Compression of one fragment's content to something that can be concatenated: a gzip member
(RFC 1952) or a zstd frame (RFC 8878), without times, names or anything of the machine.

zlib-ng at level 2 gives the same bytes on every processor; it is fed fixed slices all the same, as
other deflaters depend on how their input is cut."""

from __future__ import annotations

import struct
from typing import Final, assert_never

import zstandard
from zlib_ng import zlib_ng

from domain.formats import GZIP_LEVEL, ZSTD_LEVEL, Compression


def compress(compression: Compression, content: bytes) -> bytes:
    """The content as one member or frame, even when it is empty: an empty file is no gzip file."""
    match compression:
        case Compression.NONE:
            return content
        case Compression.GZIP:
            return _gzip_member(content)
        case Compression.ZSTD:
            return _zstd_frame(content)
        case _:
            assert_never(compression)


def deflated(content: bytes, *, last: bool) -> bytes:
    """A piece of a raw deflate stream (RFC 1951), which needs nothing that came before it. What is
    not the last ends with a byte, so that another piece can follow."""
    deflater = Deflater()
    deflater.add(content)
    return deflater.end(last=last)


class Deflater:
    """Makes such a piece of content that comes bit by bit and is never held whole; how it is cut
    changes no byte."""

    def __init__(self) -> None:
        self._stream = zlib_ng.compressobj(GZIP_LEVEL, zlib_ng.DEFLATED, -zlib_ng.MAX_WBITS)
        self._waiting: list[bytes | memoryview] = []
        self._lacking = _SLICE
        self._made: list[bytes] = []

    def add(self, content: bytes) -> None:
        view = memoryview(content)
        while len(view) >= self._lacking:
            self._waiting.append(view[: self._lacking])
            view = view[self._lacking :]
            self._made.append(self._stream.compress(self._slice()))
        if view:
            self._waiting.append(view)
            self._lacking -= len(view)

    def end(self, *, last: bool) -> bytes:
        rest = self._stream.compress(self._slice())
        end = self._stream.flush(zlib_ng.Z_FINISH if last else zlib_ng.Z_FULL_FLUSH)
        return b"".join((*self._made, rest, end))

    def _slice(self) -> bytes | memoryview:
        """What waits, as one; content that came whole is not copied."""
        found = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting, self._lacking = [], _SLICE
        return found


_SLICE: Final = 1 << 20
_GZIP_HEADER: Final = b"\x1f\x8b\x08\x00" + bytes(5) + b"\xff"  # no name, no time, unknown system


def _gzip_member(content: bytes) -> bytes:
    trailer = struct.pack("<LL", zlib_ng.crc32(content), len(content) & 0xFFFFFFFF)
    return b"".join((_GZIP_HEADER, deflated(content, last=True), trailer))


def _zstd_frame(content: bytes) -> bytes:
    # A compressor is not safe to share between threads, and cheap beside a fragment.
    return zstandard.ZstdCompressor(
        level=ZSTD_LEVEL, write_content_size=True, write_checksum=True
    ).compress(content)
