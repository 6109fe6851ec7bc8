"""Which stored objects, in which order, make up a file.

A file is never copied together: parts that are in it as they were rendered stay the sealed objects
that the renderers stored, what else is in it lies in objects of its own, and a download streams
them one after another. The manifest says which of the objects that lie in the store count; all
others are orphans.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import accumulate

_VERSION = 3
_WITHOUT_CRC = 2
"""The version before, which has no CRC-32 of the file."""
_WHOLE_OBJECTS = 1
"""The version before that, in which every segment was a whole object."""


class ManifestBroken(ValueError):
    """The manifest of this file can't be read. Run the export again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """`size` bytes of the file: those from `start` on of a stored object whose plain length is
    `whole`. `sha256` (hex) is of these bytes."""

    key: str
    start: int = 0
    size: int
    whole: int
    sha256: str

    def __post_init__(self) -> None:
        if self.start + self.size > self.whole:
            raise ManifestBroken(f"{self.key} has {self.whole} bytes, not {self.size} more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`length` plain bytes of a segment's object from `start`."""

    segment: Segment
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`file` names the file within its export (such as `csv`), `name` is what a download calls it,
    `data_key` names the key that seals every segment; `size`, `sha256` (hex) and `crc32` are those
    of the plain file. The last is what an archive needs to know before it holds the file; None in
    manifests of before it was kept. Raises `ManifestBroken` when the segments don't add up."""

    file: str
    name: str
    media_type: str
    data_key: str
    size: int
    sha256: str
    crc32: int | None = None
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
                yield Span(segment=segment, start=segment.start + inside, length=take)


def to_json(manifest: Manifest) -> bytes:
    """The stored form; the same manifest gives the same bytes."""
    document = {"manifest": _VERSION, **asdict(manifest)}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def from_json(text: bytes) -> Manifest:
    """Reads what `to_json` wrote. Raises `ManifestBroken`."""
    try:
        document = json.loads(text)
        match document["manifest"]:
            case int(version) if version == _VERSION:
                return _manifest(document)
            case int(version) if version == _WITHOUT_CRC:
                return _manifest({**document, "crc32": None})
            case int(version) if version == _WHOLE_OBJECTS:
                segments = _whole(document["segments"])
                return _manifest({**document, "crc32": None, "segments": segments})
        raise ManifestBroken("another version of Waybill wrote it")
    except (KeyError, TypeError, ValueError) as error:
        raise ManifestBroken(f"{type(error).__name__}: {error}") from error


def _manifest(members: dict[str, object]) -> Manifest:
    segments = members["segments"]
    if not isinstance(segments, list):
        raise ManifestBroken("its segments are no list")
    return Manifest(
        file=_text(members, "file"),
        name=_text(members, "name"),
        media_type=_text(members, "media_type"),
        data_key=_text(members, "data_key"),
        size=_count(members, "size"),
        sha256=_text(members, "sha256"),
        crc32=None if members["crc32"] is None else _count(members, "crc32"),
        segments=tuple(map(_segment, segments)),
    )


def _segment(members: dict[str, object]) -> Segment:
    return Segment(
        key=_text(members, "key"),
        start=_count(members, "start"),
        size=_count(members, "size"),
        whole=_count(members, "whole"),
        sha256=_text(members, "sha256"),
    )


def _whole(segments: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**segment, "start": 0, "whole": segment["size"]} for segment in segments]


def _text(members: dict[str, object], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise ManifestBroken(f"{name} is no text")
    return value


def _count(members: dict[str, object], name: str) -> int:
    value = members[name]
    if type(value) is not int or value < 0:
        raise ManifestBroken(f"{name} is no count")
    return value
