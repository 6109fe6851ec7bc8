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
    deflater = zlib_ng.compressobj(GZIP_LEVEL, zlib_ng.DEFLATED, -zlib_ng.MAX_WBITS)
    view = memoryview(content)
    pieces = [
        deflater.compress(view[start : start + _SLICE]) for start in range(0, len(content), _SLICE)
    ]
    end = deflater.flush(zlib_ng.Z_FINISH if last else zlib_ng.Z_FULL_FLUSH)
    return b"".join((*pieces, end))


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
