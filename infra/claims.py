"""What a waybill claims about its file, read from a text that anybody may have written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal, Protocol

from domain.waybill_parts import rows_wanted

LARGEST_WAYBILL = 64 * 1024 * 1024


class WaybillUnreadable(ValueError):
    """This isn't a waybill of version 1. Check that you have named the right file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The document as it was signed, and the signature over it."""

    document: dict[str, Any]
    algorithm: str
    key_id: str
    public_key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A run of the file's bytes: `head`, `chunk 7`, `tail`."""

    name: str
    start: int
    size: int
    sha256: str

    @property
    def where(self) -> str:
        return f"{self.name}, bytes {self.start}-{self.start + self.size - 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`matched`, `written` and `rejected` count rows, of all sheets together; `wanted` is what of
    `matched` the limits let in."""

    size: int
    sha256: str
    content_size: int
    content_sha256: str
    compression: str
    signing_key: str
    parts: tuple[Part, ...]
    matched: int
    written: int
    rejected: int
    rows_in_parts: int
    rejected_in_parts: int
    completeness: str
    wanted: int


class Place(Protocol):
    """Where a file lies: a path, or a place in an archive."""

    def open(self, mode: Literal["rb"], /) -> IO[bytes]: ...


def read_envelope(path: Place) -> Envelope:
    """Raises `WaybillUnreadable`, or `OSError` when the file can't be read."""
    with path.open("rb") as file:
        text = file.read(LARGEST_WAYBILL + 1)
    if len(text) > LARGEST_WAYBILL:
        raise WaybillUnreadable("it is too long")
    try:
        envelope = json.loads(text, object_pairs_hook=_unambiguous)
        return _envelope(envelope)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WaybillUnreadable(f"{type(error).__name__}: {error}") from error


def read_claims(document: dict[str, Any]) -> Claims:
    """Raises `WaybillUnreadable`."""
    try:
        return _claims(document)
    except (KeyError, TypeError, ValueError) as error:
        raise WaybillUnreadable(f"{type(error).__name__}: {error}") from error


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two members of one name would mean one thing here and another elsewhere."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise WaybillUnreadable("a member appears twice")
    return members


def _envelope(envelope: dict[str, Any]) -> Envelope:
    if set(envelope) != {"waybill", "signature"}:
        raise WaybillUnreadable("it has no waybill and signature, or more than these")
    signature = envelope["signature"]
    if envelope["waybill"]["version"] != 1:
        raise WaybillUnreadable("it has another version; use a newer release to check it")
    return Envelope(
        document=envelope["waybill"],
        algorithm=_text(signature["algorithm"]),
        key_id=_text(signature["key_id"]),
        public_key=base64.b64decode(_text(signature["public_key"]), validate=True),
        signature=base64.b64decode(_text(signature["value"]), validate=True),
    )


def _claims(document: dict[str, Any]) -> Claims:
    file, content, rows = document["file"], document["content"], document["rows"]
    chunks = document["parts"]["chunks"]
    return Claims(
        size=_count(file["bytes"]),
        sha256=_text(file["sha256"]),
        content_size=_count(content["bytes"]),
        content_sha256=_text(content["sha256"]),
        compression=_text(document["format"]["compression"]),
        signing_key=_text(document["signing_key"]),
        parts=tuple(_parts(document["parts"])),
        matched=_count(rows["matched"]),
        written=_count(rows["written"]),
        rejected=_count(rows["rejected"]),
        rows_in_parts=sum(_count(chunk["rows"]) for chunk in chunks),
        rejected_in_parts=sum(_count(chunk["rejected"]) for chunk in chunks),
        completeness=_text(document["completeness"]),
        wanted=_wanted(document),
    )


def _wanted(document: dict[str, Any]) -> int:
    return rows_wanted(*_asked(document), [_asked(each) for each in document.get("sheets", [])])


def _asked(of: dict[str, Any]) -> tuple[int, int | None]:
    """Rows and limit, of the document or of one of its sheets."""
    limit = of["query"]["limit"]
    return _count(of["rows"]["matched"]), None if limit is None else _count(limit)


def _parts(parts: dict[str, Any]) -> Iterator[Part]:
    chunks = [(f"chunk {_count(chunk['index'])}", chunk) for chunk in parts["chunks"]]
    start = 0
    for name, part in [("head", parts["head"]), *chunks, ("tail", parts["tail"])]:
        if part is not None:
            size = _count(part["bytes"])
            yield Part(name=name, start=start, size=size, sha256=_text(part["sha256"]))
            start += size


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WaybillUnreadable(f"{value!r} is no text")
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise WaybillUnreadable(f"{value!r} is no count")
    return value
