"""How each event changes a download's row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from domain.downloads.events import (
    DownloadEnded,
    DownloadEvent,
    DownloadGranted,
    DownloadStarted,
)
from domain.ports import Recorded
from projections.downloads.row import DownloadRow, OpenTransfer, Span
from projections.read_model import HistoryBroken
from projections.texts import storable


def project(row: DownloadRow | None, recorded: Recorded) -> DownloadRow:
    """The row after one more event. Raises `HistoryBroken` for an event that can't come here."""
    event = recorded.event
    if not isinstance(event, DownloadEvent):
        raise HistoryBroken(f"{type(event).__name__} is no event of a download")
    if row is not None:
        changed = _projected(row, event)
        return replace(changed, version=recorded.version, position=recorded.position)
    if isinstance(event, DownloadGranted):
        return _granted(recorded, event)
    raise HistoryBroken(f"{recorded.aggregate_id} begins with {type(event).__name__}")


def _granted(recorded: Recorded, event: DownloadGranted) -> DownloadRow:
    return DownloadRow(
        download_id=recorded.aggregate_id,
        workspace=event.workspace,
        export_id=event.export_id,
        file=storable(event.file),
        granted_to=event.granted_to,
        via=event.via,
        granted_at=event.at,
        expires_at=event.expires_at,
        version=recorded.version,
        position=recorded.position,
    )


def _projected(row: DownloadRow, event: DownloadEvent) -> DownloadRow:
    match event:
        case DownloadGranted():
            raise HistoryBroken(f"{row.download_id} was granted twice")
        case DownloadStarted(number=number, first=first, length=length, at=at):
            return replace(
                row,
                transfers=row.transfers + 1,
                asked_to=max(row.asked_to, first + length),
                open=(*row.open, OpenTransfer(number=number, first=first)),
                last_started_at=at,
            )
        case DownloadEnded(number=number, sent=sent, at=at):
            return replace(
                row,
                bytes_sent=row.bytes_sent + sent,
                sent=_merged([*row.sent, *_spans(row, number, sent)]),
                open=tuple(each for each in row.open if each.number != number),
                last_ended_at=at,
            )
        case _:
            assert_never(event)


def _spans(row: DownloadRow, number: int, sent: int) -> list[Span]:
    return [(each.first, each.first + sent) for each in row.open if each.number == number]


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for first, stop in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        elif stop > first:
            merged.append((first, stop))
    return tuple(merged)
