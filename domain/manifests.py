"""Which stored objects, in which order, make up a file.

A file is never copied together: its head, one part per chunk and its tail stay the sealed objects
that the renderers stored, and a download streams them one after another. The manifest says which
of the objects that lie in the store count; all others are orphans.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import accumulate

_VERSION = 1


class ManifestBroken(ValueError):
    """The manifest of this file can't be read. Run the export again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One stored object. `size` is its plain length and `sealed` its stored length, in bytes;
    `sha256` (hex) is of the plain bytes. A head or a tail has no rows."""

    key: str
    size: int
    sealed: int
    sha256: str
    rows: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`length` plain bytes of a segment from `start`."""

    segment: Segment
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`file` names the file within its export (such as `csv`), `name` is what a download calls it,
    `data_key` names the key that seals every segment; `size` and `sha256` (hex) are those of the
    plain file. Raises `ManifestBroken` when the segments don't add up to it."""

    file: str
    name: str
    media_type: str
    data_key: str
    size: int
    sha256: str
    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        total = sum(segment.size for segment in self.segments)
        if total != self.size:
            raise ManifestBroken(f"the segments hold {total} bytes, the file {self.size}")

    def spans(self, start: int, length: int) -> Iterator[Span]:
        """The pieces of segments that hold the file's bytes `start` … `start + length`, cut off at
        the end of the file."""
        ends = list(accumulate(segment.size for segment in self.segments))
        stop = min(start + length, self.size)
        for index in range(bisect_right(ends, start), len(ends)):
            segment = self.segments[index]
            begin = ends[index] - segment.size
            if begin >= stop:
                return
            inside = max(start - begin, 0)
            if take := min(stop - begin, segment.size) - inside:
                yield Span(segment=segment, start=inside, length=take)


def to_json(manifest: Manifest) -> bytes:
    """The stored form; the same manifest gives the same bytes."""
    document = {"manifest": _VERSION, **asdict(manifest)}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def from_json(text: bytes) -> Manifest:
    """Reads what `to_json` wrote. Raises `ManifestBroken`."""
    try:
        document = json.loads(text)
        if document.pop("manifest") != _VERSION:
            raise ManifestBroken("it was written by a newer version of Waybill")
        segments = tuple(_segment(item) for item in document.pop("segments"))
        return Manifest(**_typed(Manifest, document), segments=segments)
    except (AttributeError, KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ManifestBroken(str(error)) from error


def _segment(item: dict[str, object]) -> Segment:
    return Segment(**_typed(Segment, item))


def _typed(kind: type[Manifest] | type[Segment], members: dict[str, object]) -> dict[str, object]:
    """The members, each checked against the annotation of its field."""
    ...
