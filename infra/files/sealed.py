"""Sealed objects over a file store: what the processors put and get, and what a download reads.

A file is read as a list of segments (`domain.manifests`), a few frames at a time, so a download
needs little memory and can begin at any byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from domain.manifests import Manifest, Segment, Span, from_json, to_json
from domain.ports import DataKeys, Files
from infra.files.sealing import FRAME, frame_span, seal, sealed_size, unseal, unseal_span

WINDOW = 32 * FRAME
"""Plain bytes of one request to the store: 2 MiB, so that a server's latency doesn't show."""


class SealedFiles:
    """Every object is sealed with a named data key and bound to its own key in the store, so none
    can stand in for another."""

    def __init__(self, files: Files, keys: DataKeys) -> None:
        self._files, self._keys = files, keys

    def put(
        self, data_key: str, key: str, data: bytes, *, rows: int = 0, rejected: int = 0
    ) -> Segment:
        """Seals and stores an object; the answer is its line in a manifest."""
        self._files.put(key, seal(self._keys.obtain(data_key), key, data))
        return Segment(
            key=key,
            size=len(data),
            sealed=sealed_size(len(data)),
            sha256=hashlib.sha256(data).hexdigest(),
            rows=rows,
            rejected=rejected,
        )

    def get(self, data_key: str, key: str) -> bytes:
        """Raises `FileMissing`, `SealBroken` or `KeyDestroyed`."""
        return unseal(self._keys.obtain(data_key), key, self._files.get(key))

    def put_manifest(self, key: str, manifest: Manifest) -> None:
        """A manifest is sealed too: whoever can write to the store could otherwise leave out a
        segment."""
        self.put(manifest.data_key, key, to_json(manifest))

    def get_manifest(self, data_key: str, key: str) -> Manifest:
        return from_json(self.get(data_key, key))

    def read(
        self, manifest: Manifest, start: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        """The file's plain bytes from `start`, in pieces of at most 2 MiB."""
        return read_range(self._files, self._keys, manifest, start, length)


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
    wanted = frame_span(span.start, span.length, segment.size)
    sealed = files.get(segment.key, wanted.start, wanted.length)
    return unseal_span(key, segment.key, sealed, span.start, span.length, segment.size)
