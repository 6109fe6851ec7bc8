"""Sealed objects over a file store: what the processors put and get, and what a download reads.

A file is read as a list of segments (`domain.manifests`), a few frames at a time, so a download
needs little memory and can begin at any byte.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.manifests import Manifest, Span
from domain.ports import DataKeys, Files
from infra.files.sealing import FRAME, frame_span, seal, sealed_size, unseal, unseal_span

WINDOW = 32 * FRAME
"""Plain bytes of one request to the store: 2 MiB, so that a server's latency doesn't show."""


class SealedFiles:
    """Each object is bound to its own key in the store, so that none can stand in for another."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def put(self, key: str, data_key: bytes, data: bytes) -> int:
        sealed = seal(data_key, key, data)
        self._files.put(key, sealed)
        return len(sealed)

    def get(self, key: str, data_key: bytes) -> bytes:
        """Raises `FileMissing` or `SealBroken`."""
        return unseal(data_key, key, self._files.get(key))

    def sealed_size(self, size: int) -> int:
        """The stored length of an object of `size` plain bytes."""
        return sealed_size(size)


def read_range(
    files: Files, keys: DataKeys, manifest: Manifest, start: int = 0, length: int | None = None
) -> Iterator[bytes]:
    """The file's plain bytes `start` … `start + length`, cut off at its end, in pieces of at most
    2 MiB. The key is asked for again at each segment: when it is destroyed, a download that is
    under way ends.

    Raises `FileMissing`, `FilesUnavailable`, `SealBroken` or `KeyDestroyed`, perhaps in the
    middle."""
    for span in manifest.spans(start, manifest.size if length is None else length):
        key = keys.obtain(manifest.data_key)
        for window in _windows(span):
            yield _read(files, key, window)


def _windows(span: Span) -> Iterator[Span]:
    """Cut at multiples of the window, so that no frame is fetched twice."""
    at, stop = span.start, span.start + span.length
    while at < stop:
        end = min(at - at % WINDOW + WINDOW, stop)
        yield Span(segment=span.segment, start=at, length=end - at)
        at = end


def _read(files: Files, key: bytes, span: Span) -> bytes:
    segment = span.segment
    wanted = frame_span(span.start, span.length, segment.whole)
    sealed = files.get(segment.key, wanted.start, wanted.length)
    return unseal_span(key, segment.key, sealed, span.start, span.length, segment.whole)
