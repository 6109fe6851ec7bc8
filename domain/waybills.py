"""The waybill: the statement of exactly what is in a file, who asked for it, why, and from what.

It travels with the file and is checked without the server, so it holds no personal data: people
and purposes are references, sealed literals of a filter stay sealed. `docs/waybill.md` specifies
the document; a released member never changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast
from uuid import UUID

from domain.canonical import LARGEST_INTEGER, Json
from domain.rows import Order
from domain.waybill_parts import CapApplied as CapApplied
from domain.waybill_parts import ChunkWritten as ChunkWritten
from domain.waybill_parts import Digest as Digest
from domain.waybill_parts import FieldWritten as FieldWritten
from domain.waybill_parts import FormatUsed as FormatUsed
from domain.waybill_parts import LogSpan as LogSpan
from domain.waybill_parts import RowCounts as RowCounts
from domain.waybill_parts import SheetWritten as SheetWritten
from domain.waybill_parts import rows_wanted

VERSION = 1

Completeness = Literal["complete", "truncated"]


class WaybillInconsistent(ValueError):
    """The counts of this file contradict each other, so no waybill can be signed for it. Run the
    export again; if it happens twice, report it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waybill:
    """Raises `WaybillInconsistent` when its counts don't add up: nothing that is signed may hide a
    lost row or a lost byte. `rows` are the whole file's, those of `sheets` among them."""

    export_id: UUID
    workspace: str
    dataset: str
    dataset_version: str
    fields: tuple[FieldWritten, ...]
    filter: Any
    filter_sentence: str
    order: tuple[Order, ...]
    limit: int | None
    format: FormatUsed
    file_name: str
    file: Digest
    content: Digest
    rows: RowCounts
    caps: tuple[CapApplied, ...]
    head: Digest | None
    chunks: tuple[ChunkWritten, ...]
    tail: Digest | None
    requested_by: UUID
    purpose: UUID | None
    requested_at: datetime
    snapshot_at: datetime
    completed_at: datetime
    log: LogSpan
    signing_key: str
    sheets: tuple[SheetWritten, ...] = ()

    def __post_init__(self) -> None:
        _check_rows(self)
        _check_bytes(self)

    @property
    def completeness(self) -> Completeness:
        return "truncated" if any(cap.cut for cap in self.caps) else "complete"


def document(waybill: Waybill) -> dict[str, Json]:
    """The waybill as JSON, ready for `canonical`; a pure function of its argument."""
    return {
        "version": VERSION,
        "export": {"id": str(waybill.export_id), "workspace": waybill.workspace},
        **_asked(waybill),
        **({"sheets": [_sheet(each) for each in waybill.sheets]} if waybill.sheets else {}),
        "format": _format(waybill.format),
        "file": {"name": waybill.file_name, **_digest(waybill.file)},
        "content": _digest(waybill.content),
        "rows": _counts(waybill.rows),
        "completeness": waybill.completeness,
        "caps": [_cap(cap) for cap in waybill.caps],
        "parts": {
            "head": _digest(waybill.head) if waybill.head else None,
            "chunks": [_chunk(chunk) for chunk in waybill.chunks],
            "tail": _digest(waybill.tail) if waybill.tail else None,
        },
        "requested": {
            "by": str(waybill.requested_by),
            "purpose": str(waybill.purpose) if waybill.purpose else None,
            "at": instant(waybill.requested_at),
        },
        "snapshot_at": instant(waybill.snapshot_at),
        "completed_at": instant(waybill.completed_at),
        "log": {
            "epoch": str(waybill.log.epoch),
            "first_position": waybill.log.first_position,
            "last_position": waybill.log.last_position,
            "last_version": waybill.log.last_version,
        },
        "signing_key": waybill.signing_key,
    }


def instant(at: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that one instant has one text."""
    if at.tzinfo is None:
        raise WaybillInconsistent(f"{at} has no time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _asked(of: Waybill | SheetWritten) -> dict[str, Json]:
    return {
        "dataset": {"id": of.dataset, "version": of.dataset_version},
        "query": {
            "fields": [_field(each) for each in of.fields],
            "filter": _exact(of.filter),
            "filter_sentence": of.filter_sentence,
            "order": [{"field": by.field, "direction": by.direction} for by in of.order],
            "limit": None if of.limit is None else _clamped(of.limit),
        },
    }


def _sheet(sheet: SheetWritten) -> dict[str, Json]:
    return {**_asked(sheet), "options": _exact(sheet.options), "rows": _counts(sheet.rows)}


def _counts(rows: RowCounts) -> dict[str, Json]:
    return {"matched": rows.matched, "written": rows.written, "rejected": rows.rejected}


def _field(field: FieldWritten) -> dict[str, Json]:
    """`mask` and `nested` are there only where there was one: other waybills are as they were
    before these."""
    more = {"mask": field.mask, "nested": field.nested}
    there = {name: _exact(value) for name, value in more.items() if value is not None}
    return {"name": field.name, "label": field.label, **there}


def _format(used: FormatUsed) -> dict[str, Json]:
    split = {} if used.split is None else {"split": _exact(used.split)}
    return {
        "name": used.name,
        "compression": used.compression,
        "options": _exact(used.options),
        "codec": used.codec,
        **split,
    }


def _cap(cap: CapApplied) -> dict[str, Json]:
    return {"name": cap.name, "value": _clamped(cap.value), "cut": cap.cut}


def _clamped(count: int) -> int:
    """No count of rows comes near this, so a larger limit says the same."""
    return min(count, LARGEST_INTEGER)


def _exact(value: Any) -> Json:
    """Numbers that JSON readers may round, as `{"number": "0.1"}`, which no text looks like."""
    match value:
        case Mapping():
            return {name: _exact(each) for name, each in value.items()}
        case list() | tuple():
            return [_exact(each) for each in value]
        case float():
            return {"number": repr(value)}
        case int() if abs(value) > LARGEST_INTEGER:
            return {"number": str(value)}
        case _:
            return cast("Json", value)


def _digest(of: Digest) -> dict[str, Json]:
    return {"bytes": of.bytes, "sha256": of.sha256}


def _chunk(chunk: ChunkWritten) -> dict[str, Json]:
    return {
        "index": chunk.index,
        "rows": chunk.rows,
        "rejected": chunk.rejected,
        "bytes": chunk.bytes,
        "sha256": chunk.sha256,
    }


def _check_rows(waybill: Waybill) -> None:
    rows = waybill.rows
    _agree("rows written", rows.written, sum(chunk.rows for chunk in waybill.chunks))
    _agree("rows rejected", rows.rejected, sum(chunk.rejected for chunk in waybill.chunks))
    sheets = [(each.rows.matched, each.limit) for each in waybill.sheets]
    wanted = rows_wanted(rows.matched, waybill.limit, sheets)
    if waybill.completeness == "complete":
        _agree("rows wanted", wanted, rows.written + rows.rejected)
    elif rows.written + rows.rejected >= wanted:
        raise WaybillInconsistent("a cap is said to have cut the file, but no row is missing")


def _check_bytes(waybill: Waybill) -> None:
    ends = [part.bytes for part in (waybill.head, waybill.tail) if part is not None]
    parts = sum(ends) + sum(chunk.bytes for chunk in waybill.chunks)
    _agree("bytes", waybill.file.bytes, parts)
    if waybill.format.compression == "none" and waybill.content != waybill.file:
        raise WaybillInconsistent("without compression, the content is the file")
    if [chunk.index for chunk in waybill.chunks] != list(range(len(waybill.chunks))):
        raise WaybillInconsistent("the chunks are not numbered from 0 in order")


def _agree(what: str, whole: int, parts: int) -> None:
    if whole != parts:
        raise WaybillInconsistent(f"{what}: {whole} in all, {parts} in the parts")
