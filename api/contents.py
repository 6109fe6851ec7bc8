"""Which bytes an address stands for: a file of an export, its waybill, or its rejected rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

from api.delivery import Content
from api.ports import ApiPorts
from api.present import Shown
from api.problem_types import FILE_GONE, FILE_NOT_READY, NOT_FOUND
from api.problems import Problem
from domain.exports.state import Status
from projections.history import FileStatus, HistoryFile

Stored = Literal["file", "waybill", "rejections"]
Part = Stored | Literal["protected"]


def content_of(ports: ApiPorts, shown: Shown, file: str, part: Stored) -> Content:
    """Raises a problem for a file that isn't there, not yet or not any more, and what the file
    store raises."""
    known = _attested(shown, file) if part == "waybill" else ready_file(shown, file, ports.clock())
    place = shown.row.export_id, shown.row.attempt, file
    match part:
        case "file":
            return _file(ports, *place)
        case "waybill":
            data, kind = ports.files.waybill(*place), "application/json"
        case "rejections" if known.rejected:
            data, kind = ports.files.rejections(*place), "application/x-ndjson"
        case "rejections":
            raise Problem(NOT_FOUND, "No row of this file was rejected, so there is no list.")
    name = f"{file_name(shown, file)}.{_SUFFIXES[part]}"
    return _held(shown.row.export_id, name, data, kind)


def ready_file(shown: Shown, file: str, now: datetime) -> HistoryFile:
    """Raises a problem when it can't be fetched now. Retention ends on time, also while nobody is
    there to destroy what is past it."""
    known = _known(shown, file)
    if known.status is FileStatus.DESTROYED or shown.row.status is Status.EXPIRED:
        raise Problem(FILE_GONE)
    if not shown.row.ready:
        raise Problem(FILE_NOT_READY, export_status=shown.row.status.value)
    if shown.row.expires_at is not None and shown.row.expires_at <= now:
        raise Problem(FILE_GONE)
    return known


def granted_name(file: str, part: Part) -> str:
    """Under which name a grant is recorded."""
    return file if part == "file" else f"{file}.{part}"


def file_name(shown: Shown, file: str) -> str:
    """What a download is called."""
    row = shown.row
    return f"{row.dataset}-{row.requested_at:%Y%m%d}-{str(row.export_id)[:8]}.{file}"


def _attested(shown: Shown, file: str) -> HistoryFile:
    """A waybill outlives its file: it says what was there, and holds no rows."""
    known = _known(shown, file)
    if known.status is not FileStatus.DESTROYED and not shown.row.ready:
        raise Problem(FILE_NOT_READY, export_status=shown.row.status.value)
    return known


def _known(shown: Shown, file: str) -> HistoryFile:
    known = next((each for each in shown.row.files if each.name == file), None)
    if known is None:
        raise Problem(NOT_FOUND, "The export has no such file; see its `files`.")
    return known


_SUFFIXES = {"waybill": "waybill.json", "rejections": "rejections.ndjson"}


def _file(ports: ApiPorts, export_id: UUID, attempt: int, file: str) -> Content:
    manifest = ports.files.manifest(export_id, attempt, file)
    return Content(
        export_id=export_id,
        name=manifest.name,
        media_type=manifest.media_type,
        size=manifest.size,
        tag=manifest.sha256,
        sha256=manifest.sha256,
        read=partial(ports.files.read, manifest),
    )


def _held(export_id: UUID, name: str, data: bytes, media_type: str) -> Content:
    def read(first: int, length: int) -> Iterator[bytes]:
        if length:
            yield data[first : first + length]

    sha256 = hashlib.sha256(data).hexdigest()
    return Content(
        export_id=export_id,
        name=name,
        media_type=media_type,
        size=len(data),
        tag=sha256,
        sha256=sha256,
        read=read,
    )
