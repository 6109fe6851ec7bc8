"""The downloads' rows, event by event."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given

from domain.downloads.decide import DownloadCommand, EndDownload, StartDownload
from domain.downloads.events import DownloadEnded, DownloadEvent, DownloadStarted, Via
from projections.downloads import DownloadRow, OpenTransfer, project
from projections.read_model import HistoryBroken
from tests.unit.projections.histories import (
    ANNA,
    NOON,
    download_events,
    download_histories,
    export_events,
    granted,
    recorded,
    requested,
)

LATER = NOON + timedelta(minutes=1)


def start(first: int, length: int) -> StartDownload:
    return StartDownload(first=first, length=length, at=LATER)


def end(number: int, sent: int) -> EndDownload:
    return EndDownload(number=number, sent=sent, at=LATER)


def row_after(*commands: DownloadCommand) -> DownloadRow:
    return row_of(download_events(granted(), *commands))


def row_of(events: list[DownloadEvent]) -> DownloadRow:
    row: DownloadRow | None = reduce(project, recorded(events), None)
    assert row is not None
    return row


def test_a_grant_says_who_may_fetch_what_and_until_when() -> None:
    assert row_after() == DownloadRow(
        download_id=UUID(int=7),
        workspace="acme",
        export_id=UUID(int=9),
        file="csv",
        granted_to=ANNA,
        via=Via.TICKET,
        granted_at=NOON,
        expires_at=NOON + timedelta(minutes=5),
        version=1,
        position=100,
    )
    assert not row_after().complete


def test_a_started_transfer_is_open_until_it_ends() -> None:
    row = row_after(start(0, 100))
    assert (row.transfers, row.open) == (1, (OpenTransfer(number=1, first=0),))
    assert (row.last_started_at, row.last_ended_at, row.complete) == (LATER, None, False)
    assert row_after(start(0, 100), end(1, 100)).open == ()


def test_a_file_that_was_sent_whole_is_complete() -> None:
    row = row_after(start(0, 100), end(1, 100))
    assert (row.bytes_sent, row.complete, row.last_ended_at) == (100, True, LATER)


def test_an_empty_file_is_complete_once_it_was_fetched() -> None:
    assert not row_after(start(0, 0)).complete
    assert row_after(start(0, 0), end(1, 0)).complete


def test_a_transfer_that_broke_off_is_complete_when_the_rest_was_fetched() -> None:
    broken = (start(0, 100), end(1, 40))
    assert not row_after(*broken).complete
    assert row_after(*broken, start(40, 60), end(2, 60)).complete


def test_pieces_fetched_at_the_same_time_are_complete_together_in_any_order() -> None:
    pieces = (start(0, 50), start(50, 50), end(2, 50))
    assert not row_after(*pieces).complete
    assert row_after(*pieces, end(1, 50)).complete


def test_a_hole_in_the_middle_is_not_complete() -> None:
    row = row_after(start(0, 10), end(1, 10), start(20, 10), end(2, 10))
    assert (row.sent, row.complete) == (((0, 10), (20, 30)), False)


def test_a_history_that_lacks_its_beginning_is_refused() -> None:
    with pytest.raises(HistoryBroken, match="begins with DownloadStarted"):
        project(None, recorded(download_events(granted(), start(0, 1)))[1])


def test_a_download_that_begins_twice_is_refused() -> None:
    with pytest.raises(HistoryBroken, match="granted twice"):
        project(row_after(), recorded(download_events(granted()))[0])


def test_an_event_of_another_kind_is_refused() -> None:
    with pytest.raises(HistoryBroken, match="no event of a download"):
        project(None, recorded(export_events(requested()))[0])


@given(download_histories())
def test_transfers_and_bytes_are_those_of_the_events(events: list[DownloadEvent]) -> None:
    row = row_of(events)
    starts = [event for event in events if isinstance(event, DownloadStarted)]
    ends = [event for event in events if isinstance(event, DownloadEnded)]
    assert row.transfers == len(starts)
    assert row.bytes_sent == sum(event.sent for event in ends)
    assert len(row.open) == len(starts) - len(ends)
    assert row.version == len(events)


@given(download_histories())
def test_a_complete_download_has_sent_every_byte(events: list[DownloadEvent]) -> None:
    firsts = {event.number: event.first for event in events if isinstance(event, DownloadStarted)}
    sent: set[int] = set()
    for event in events:
        if isinstance(event, DownloadEnded):
            first = firsts[event.number]
            sent |= set(range(first, first + event.sent))
    row = row_of(events)
    if row.last_ended_at is not None:
        assert row.complete == (sent == set(range(row.asked_to)))
