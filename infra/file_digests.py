"""Hashes of a file, of its parts and of what it holds when it is decompressed, in one pass each and
in bounded memory: the file may be huge, and it may be hostile."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

import zstandard

from infra.claims import Part, Place

_BLOCK = 1024 * 1024
_LARGEST_WINDOW = 8 * 1024 * 1024  # RFC 8878, section 3.1.1.1.2: what every decoder supports


class ContentBroken(Exception):
    """The compressed file doesn't decompress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMeasured:
    """`differing` parts are there in full with another digest; `missing` ones are cut off."""

    size: int
    sha256: str
    differing: tuple[Part, ...]
    missing: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentMeasured:
    size: int
    sha256: str


def measure_file(path: Place, parts: Sequence[Part]) -> FileMeasured:
    whole, size = hashlib.sha256(), 0
    differing, missing = [], []
    with path.open("rb") as file:
        for part in parts:
            own, got = hashlib.sha256(), 0
            for block in _blocks(file, part.size):
                whole.update(block)
                own.update(block)
                got += len(block)
            size += got
            if got < part.size:
                missing.append(part)
            elif own.hexdigest() != part.sha256:
                differing.append(part)
        while block := file.read(_BLOCK):
            whole.update(block)
            size += len(block)
    return FileMeasured(
        size=size,
        sha256=whole.hexdigest(),
        differing=tuple(differing),
        missing=tuple(missing),
    )


def measure_content(path: Place, compression: str, limit: int) -> ContentMeasured:
    """Decompresses all members (gzip) or frames (zstd) and stops soon after `limit` bytes, as a few
    bytes can decompress to terabytes. Raises `ContentBroken`."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            reader = _decompressed(file, compression)
            while size <= limit and (block := reader.read(_BLOCK)):
                digest.update(block)
                size += len(block)
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
        raise ContentBroken(f"after {size} bytes of content: {error}") from error
    return ContentMeasured(size=size, sha256=digest.hexdigest())


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _decompressed(file: IO[bytes], compression: str) -> _Readable:
    match compression:
        case "none":
            return file
        case "gzip":
            return gzip.GzipFile(fileobj=file, mode="rb")
        case "zstd":
            decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
            return decompressor.stream_reader(file, read_across_frames=True, closefd=False)
        case _:
            raise ContentBroken(f"the compression {compression!r} is not known here")


def _blocks(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (block := file.read(min(size, _BLOCK))):
        size -= len(block)
        yield block
