"""Handing out a file: the download is recorded before its first byte leaves, its end after the
last, also when the client goes away or the file can't be read to its end."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

import structlog
from fastapi import Request
from starlette.responses import Response

from api import ranges
from api.metrics import HttpMetrics
from api.ports import ApiPorts
from api.problem_types import RANGE_NOT_SATISFIABLE
from api.problems import Problem
from api.ranges import NotSatisfiable, Span
from api.streaming import Streamed
from domain.downloads.decide import EndDownload, StartDownload
from domain.downloads.events import DownloadStarted
from domain.ports import FileBroken, FileMissing
from schemas import traces

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What can be fetched. `tag` names these very bytes; None for what is made anew each time, so
    that there are no ranges of it. `sha256` (hex) is of the whole, None where that isn't known
    before all is read. `read` gives `length` bytes from `first`, in pieces."""

    export_id: UUID
    name: str
    media_type: str
    size: int
    tag: str | None
    sha256: str | None
    read: Callable[[int, int], Iterator[bytes]]

    @property
    def etag(self) -> str | None:
        return self.tag and f'"{self.tag}"'

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Content-Type": self.media_type,
            "Content-Disposition": disposition(self.name),
            **({"ETag": self.etag} if self.etag else {}),
            **_digest(self.sha256),
            "Accept-Ranges": "bytes" if self.etag else "none",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A recorded start: `number` within the download."""

    download_id: UUID
    number: int


Begin = Callable[[StartDownload], Transfer]
"""Records the start, and the grant where there is none yet."""


def head(content: Content) -> Response:
    """No byte of the file goes out, so nothing is recorded."""
    return Response(headers={**content.headers, "Content-Length": str(content.size)})


async def deliver(request: Request, ports: ApiPorts, content: Content, begin: Begin) -> Response:
    """The content or the range of it that is asked for. The first bytes are read before the start
    is recorded: a file that can't be read is no download."""
    span = _span(request, content)
    whole = Span(first=0, length=content.size)
    pieces = content.read((span or whole).first, (span or whole).length)
    first = await asyncio.to_thread(next, pieces, b"")
    start = StartDownload(
        first=(span or whole).first, length=(span or whole).length, at=ports.clock()
    )
    transfer, began = await asyncio.to_thread(begin, start), time.time_ns()
    metrics: HttpMetrics = request.app.state.metrics

    async def ended(sent: int) -> None:
        metrics.sent.inc(sent)
        await asyncio.to_thread(_record_end, ports, transfer, sent)
        traces.note("download", content.export_id, began, kind="server", bytes=sent)

    return Streamed(
        _following(content.name, first, pieces),
        status=206 if span else 200,
        headers=_range_headers(content, span),
        on_end=ended,
    )


def started(download_id: UUID, facts: Sequence[object]) -> Transfer:
    """The transfer that these facts began."""
    number = next(fact.number for fact in facts if isinstance(fact, DownloadStarted))
    return Transfer(download_id=download_id, number=number)


def disposition(name: str) -> str:
    """RFC 6266: the name in UTF-8, and one in ASCII for old clients."""
    plain = "".join(each if each.isascii() and each.isprintable() else "_" for each in name)
    plain = plain.replace("\\", "_").replace('"', "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _digest(sha256: str | None) -> dict[str, str]:
    if sha256 is None:
        return {}
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    return {"Repr-Digest": f"sha-256=:{digest}:"}


def _span(request: Request, content: Content) -> Span | None:
    if content.etag is None:
        return None
    if request.headers.get("if-range", content.etag) != content.etag:
        return None  # the client has parts of another file: it gets this one from the start
    try:
        return ranges.wanted(request.headers.get("range"), content.size)
    except NotSatisfiable:
        raise Problem(
            RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{content.size}"}
        ) from None


def _range_headers(content: Content, span: Span | None) -> dict[str, str]:
    if span is None:
        return {**content.headers, "Content-Length": str(content.size)}
    last = span.first + span.length - 1
    return {
        **content.headers,
        "Content-Length": str(span.length),
        "Content-Range": f"bytes {span.first}-{last}/{content.size}",
    }


async def _following(
    name: str, first: bytes, pieces: Iterator[bytes]
) -> AsyncGenerator[bytes, None]:
    piece = first
    while piece:
        yield piece
        try:
            piece = await asyncio.to_thread(next, pieces, b"")
        except (FileMissing, FileBroken) as error:
            _log.error(
                "a stored file can't be read to its end",
                file=name,
                error=type(error).__name__,
                why=str(error),
            )
            raise


def _record_end(ports: ApiPorts, transfer: Transfer, sent: int) -> None:
    """The bytes are out: a store that is away now can't take them back. A start without an end
    says that much."""
    end = EndDownload(number=transfer.number, sent=sent, at=ports.clock())
    try:
        ports.downloads.execute(transfer.download_id, end)
    except Exception as error:  # noqa: BLE001 - the answer is over; nobody could be told
        _log.warning("the end of a download was not recorded", error=type(error).__name__)
