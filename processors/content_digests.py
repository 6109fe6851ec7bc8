"""The digest of what is in a compressed file, taken while it is read: other than the file's own it
stays the same whichever compressor made it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import zstandard
from zlib_ng import zlib_ng

from domain.formats import Compression
from domain.waybills import Digest


class ContentDigest:
    """Digests what is in a file of concatenated gzip members or zstd frames."""

    def __init__(self, compression: Compression) -> None:
        self._unpack = _UNPACK[compression]
        self._sha256 = hashlib.sha256()
        self._size = 0

    def take(self, data: bytes) -> None:
        if self._unpack is None:
            self._size += len(data)
            return
        for content in self._unpack(data):
            self._sha256.update(content)
            self._size += len(content)

    def digest(self, file_sha256: str) -> Digest:
        whole = file_sha256 if self._unpack is None else self._sha256.hexdigest()
        return Digest(bytes=self._size, sha256=whole)


def _gunzipped(data: bytes) -> Iterator[bytes]:
    while data:
        unpacker = zlib_ng.decompressobj(zlib_ng.MAX_WBITS | 16)
        yield unpacker.decompress(data)
        data = unpacker.unused_data


def _unzstd(data: bytes) -> Iterator[bytes]:
    while data:
        unpacker = zstandard.ZstdDecompressor().decompressobj()
        yield unpacker.decompress(data)
        data = unpacker.unused_data


_UNPACK: dict[Compression, Callable[[bytes], Iterator[bytes]] | None] = {
    Compression.NONE: None,
    Compression.GZIP: _gunzipped,
    Compression.ZSTD: _unzstd,
}
