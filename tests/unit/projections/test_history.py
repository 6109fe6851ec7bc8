"""The history's rows, event by event, and the law that they agree with the export itself."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.downloads.events import DownloadStarted
from domain.exports.commands import (
    CancelExport,
    ExpireExport,
    ExportCommand,
    FailExport,
    FinishExtraction,
    PauseExport,
    RecordChunk,
    RecordFile,
    ResumeExport,
    RetryExport,
    StageChunk,
    StartExtraction,
)
from domain.exports.events import ExportCompleted, ExportEvent, ExportRequested, WantedFile
from domain.exports.failures import Reason
from domain.exports.state import Export, Status, fold
from projections.history import (
    FileStatus,
    HistoryFile,
    HistoryRow,
    project,
)
from projections.read_model import HistoryBroken
from projections.shown import ShownField
from tests.unit.projections.histories import (
    ANNA,
    NOON,
    SHA,
    export_events,
    export_histories,
    planned,
    recorded,
    requested,
)

LATER = NOON + timedelta(minutes=1)

REQUEST = requested()
PLAN = planned()
START = StartExtraction(attempt=1, at=LATER)
STAGE_0 = StageChunk(attempt=1, index=0, rows=30, size=300, sha256=SHA, at=LATER)
STAGE_1 = StageChunk(attempt=1, index=1, rows=20, size=200, sha256=SHA, at=LATER)
FINISH = FinishExtraction(attempt=1, rows=50, chunks=2, matched=50, taken_at=LATER, at=LATER)
FINISH_CAPPED = FinishExtraction(
    attempt=1, rows=50, chunks=2, matched=90_000, taken_at=NOON, at=LATER
)
FILE = RecordFile(
    attempt=1, file="csv", size=777, sha256=SHA, content_sha256=SHA, waybill_sha256=SHA, at=LATER
)
CANCEL = CancelExport(by=ANNA, at=LATER)
RETRY = RetryExport(by=ANNA, at=LATER)


def chunk(index: int, rows: int, rejected: int = 0, file: str = "csv") -> RecordChunk:
    return RecordChunk(
        attempt=1, index=index, file=file, rows=rows, rejected=rejected, size=rows * 10,
        sha256=SHA, at=LATER,
    )  # fmt: skip


STAGED = (REQUEST, PLAN, START, STAGE_0, STAGE_1)
EXTRACTED = (*STAGED, FINISH)
RENDERED = (*EXTRACTED, chunk(0, 28, 2), chunk(1, 20))


def row_after(*commands: ExportCommand) -> HistoryRow:
    return row_of(export_events(*commands))


def row_of(events: list[ExportEvent]) -> HistoryRow:
    row: HistoryRow | None = reduce(project, recorded(events), None)
    assert row is not None
    return row


def test_a_request_makes_a_queued_row_with_what_was_asked_for() -> None:
    row = row_after(REQUEST)
    assert row == HistoryRow(
        export_id=UUID(int=7),
        workspace="acme",
        requested_by=ANNA,
        purpose=UUID(int=2),
        dataset="orders",
        fields=(ShownField(name="id", label=None), ShownField(name="total", label="Total")),
        files=(HistoryFile(name="csv"),),
        priority=REQUEST.priority,
        requested_at=NOON,
        changed_at=NOON,
        version=1,
        position=100,
    )
    assert row.status is Status.QUEUED
    assert not row.terminal


def test_a_plan_settles_labels_sentence_estimate_and_cap() -> None:
    row = row_after(REQUEST, PLAN)
    assert row.dataset_label == "Orders"
    assert row.fields[0] == ShownField(name="id", label="Id")
    assert row.sentence == "total is above 100"
    assert (row.estimated_rows, row.row_cap) == (1_000, 50)


def test_every_event_moves_version_position_and_the_time_of_change() -> None:
    row = row_after(REQUEST, PLAN, START)
    assert (row.version, row.position, row.changed_at) == (3, 102, LATER)


def test_an_extraction_counts_its_attempt_and_says_when_work_began() -> None:
    row = row_after(REQUEST, PLAN, START)
    assert (row.status, row.attempt, row.started_at) == (Status.EXTRACTING, 1, LATER)


def test_staged_chunks_are_counted_and_the_total_stays_unknown() -> None:
    row = row_after(*STAGED)
    assert (row.chunks_staged, row.rows_staged, row.bytes_staged) == (2, 50, 500)
    assert (row.rows_total, row.chunks_total, row.parts_total) == (None, None, None)
    assert row.fraction is None


def test_a_finished_extraction_makes_the_totals_known() -> None:
    row = row_after(*STAGED, FINISH_CAPPED)
    assert (row.rows_total, row.chunks_total, row.matched) == (50, 2, 90_000)
    assert row.status is Status.RENDERING
    assert row.fraction == 0


def test_rendered_chunks_move_the_bar_but_not_to_its_end() -> None:
    row = row_after(*RENDERED)
    assert row.files[0].status is FileStatus.RENDERING
    assert (row.parts_rendered, row.parts_total) == (2, 2)
    assert (row.rows_written, row.rows_rejected, row.bytes_written) == (48, 2, 480)
    assert row.fraction == pytest.approx(2 / 3)


def test_an_assembled_file_has_its_own_size_and_digest_and_completes_the_export() -> None:
    row = row_after(*RENDERED, FILE)
    assert row.files == (
        HistoryFile(
            name="csv",
            status=FileStatus.ASSEMBLED,
            parts=2,
            rows=48,
            rejected=2,
            size=777,
            sha256=SHA,
        ),
    )
    assert (row.status, row.ready, row.fraction) == (Status.COMPLETED, True, 1)
    assert (row.ended_at, row.expires_at) == (LATER, LATER + timedelta(days=7))


def test_a_cap_that_applied_is_a_status() -> None:
    row = row_after(*STAGED, FINISH_CAPPED, chunk(0, 30), chunk(1, 20), FILE)
    assert row.status is Status.TRUNCATED


def test_an_export_of_no_rows_is_done_when_its_file_is() -> None:
    empty = FinishExtraction(attempt=1, rows=0, chunks=0, matched=0, taken_at=NOON, at=LATER)
    assert row_after(REQUEST, PLAN, START, empty).fraction == 0
    assert row_after(REQUEST, PLAN, START, empty, FILE).fraction == 1


def test_what_has_several_files_counts_the_rows_that_all_of_them_have() -> None:
    files = ("csv", "ndjson")
    events = (requested(files), planned(files), START, STAGE_0, STAGE_1)
    row = row_after(*events, chunk(0, 28, 2), chunk(1, 20), chunk(0, 30, file="ndjson"))
    assert (row.rows_written, row.rows_rejected) == (30, 2)
    assert (row.parts_rendered, row.bytes_written) == (3, 780)


def test_a_failure_says_why_and_refers_to_the_details() -> None:
    fail = FailExport(
        reason=Reason.STORAGE_FULL, detail=UUID(int=5), attempt=1, retries=0, at=LATER
    )
    row = row_after(*EXTRACTED, fail)
    assert (row.status, row.reason, row.detail) == (
        Status.FAILED,
        Reason.STORAGE_FULL,
        UUID(int=5),
    )
    assert (row.terminal, row.ended_at) == (True, LATER)


def test_a_pause_shows_whatever_goes_on_below_and_a_resumption_shows_that_again() -> None:
    pause, resume = PauseExport(by=ANNA, at=LATER), ResumeExport(by=ANNA, at=LATER)
    assert row_after(*STAGED, pause).status is Status.PAUSED
    assert row_after(*STAGED, pause, FINISH).status is Status.PAUSED
    assert row_after(*STAGED, pause, FINISH, resume).status is Status.RENDERING
    assert row_after(*STAGED, pause, resume).status is Status.EXTRACTING


def test_a_cancelled_export_that_was_paused_is_cancelled() -> None:
    row = row_after(*EXTRACTED, PauseExport(by=ANNA, at=LATER), CANCEL)
    assert (row.status, row.paused) == (Status.CANCELLED, False)


def test_a_retry_keeps_what_was_rendered_and_clears_how_the_last_run_ended() -> None:
    fail = FailExport(
        reason=Reason.STORAGE_FULL, detail=UUID(int=5), attempt=1, retries=0, at=LATER
    )
    row = row_after(*RENDERED, fail, RETRY)
    assert (row.status, row.retries, row.parts_rendered) == (Status.RENDERING, 1, 2)
    assert (row.reason, row.detail, row.ended_at, row.expires_at) == (None, None, None, None)


def test_a_retry_that_reads_the_rows_again_starts_from_nothing() -> None:
    lost = FailExport(reason=Reason.STAGED_ROWS_LOST, detail=None, attempt=1, retries=0, at=LATER)
    row = row_after(*RENDERED, lost, RETRY)
    assert (row.status, row.parts_rendered, row.rows_total) == (Status.QUEUED, 0, None)
    assert row.files == (HistoryFile(name="csv"),)


def test_a_new_attempt_forgets_what_the_last_one_staged_and_when_it_began() -> None:
    second = StartExtraction(attempt=2, at=LATER + timedelta(hours=1))
    row = row_after(*STAGED, second)
    assert (row.attempt, row.chunks_staged, row.rows_staged, row.bytes_staged) == (2, 0, 0, 0)
    assert row.started_at == LATER


def test_an_expired_export_has_no_files_any_more() -> None:
    gone = LATER + timedelta(days=7)
    row = row_after(*RENDERED, FILE, ExpireExport(at=gone))
    assert (row.status, row.expired_at, row.fraction) == (Status.EXPIRED, gone, 1)
    assert row.files[0].status is FileStatus.DESTROYED


def test_a_label_that_postgresql_refuses_stays_readable() -> None:
    events: list[ExportEvent] = export_events(REQUEST)
    assert isinstance(events[0], ExportRequested)
    wanted = WantedFile(name="c\x00sv", format={})
    first = ExportRequested(
        **{
            **{name: getattr(events[0], name) for name in ExportRequested.__slots__},
            "files": (wanted,),
        }
    )
    assert row_of([first]).files[0].name == "c\ufffdsv"


def test_a_history_that_lacks_its_beginning_is_refused() -> None:
    with pytest.raises(HistoryBroken, match="begins with ExportPlanned"):
        project(None, recorded(export_events(REQUEST, PLAN))[1])


def test_an_export_that_begins_twice_is_refused() -> None:
    with pytest.raises(HistoryBroken, match="requested twice"):
        project(row_after(REQUEST), recorded(export_events(REQUEST))[0])


def test_an_event_of_another_kind_is_refused() -> None:
    started = DownloadStarted(number=1, first=0, length=1, at=NOON)
    with pytest.raises(HistoryBroken, match="no event of an export"):
        project(row_after(REQUEST), recorded([started])[0])


@given(export_histories())
def test_a_row_agrees_with_the_export_of_the_same_events(events: list[ExportEvent]) -> None:
    export, row = fold(events), row_of(events)
    assert export is not None
    assert _shared_of(row) == _shared(export)


@given(export_histories())
def test_a_ready_row_counts_what_its_completion_says(events: list[ExportEvent]) -> None:
    for ending in events:
        if isinstance(ending, ExportCompleted):
            row = row_of(events)
            assert (row.rows_written, row.rows_rejected) == (ending.rows, ending.rejected)


@given(export_histories())
def test_progress_stays_within_its_bounds_and_ends_at_one(events: list[ExportEvent]) -> None:
    for length in range(1, len(events) + 1):
        row = row_of(events[:length])
        assert row.fraction is None or 0 <= row.fraction <= 1
        assert row.fraction == 1 or not row.ready


@given(export_histories(), st.data())
def test_a_row_can_be_laid_down_and_taken_up_anywhere(
    events: list[ExportEvent], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(min_value=1, max_value=len(events)))
    half: HistoryRow | None = reduce(project, recorded(events)[:cut], None)
    assert reduce(project, recorded(events)[cut:], half) == row_of(events)


def _shared_of(row: HistoryRow) -> dict[str, object]:
    return {
        "status": row.status,
        "ready": row.ready,
        "attempt": row.attempt,
        "retries": row.retries,
        "paused": row.paused,
        "extracting": row.extracting,
        "changed_at": row.changed_at,
        "expired_at": row.expired_at,
        "ended_at": row.ended_at,
        "expires_at": row.expires_at,
        "label": row.dataset_label,
        "chunks_staged": row.chunks_staged,
        "rows_staged": row.rows_staged,
        "rows_total": row.rows_total,
        "matched": row.matched,
        "parts_rendered": row.parts_rendered,
        "assembled": {file.name: file.sha256 for file in row.files if file.assembled},
        "destroyed": {file.name for file in row.files if file.status is FileStatus.DESTROYED},
    }


def _shared(export: Export) -> dict[str, object]:
    extraction, ending = export.extraction, export.ending
    return {
        "status": export.status,
        "ready": export.ready,
        "attempt": export.attempt,
        "retries": export.retries,
        "paused": export.paused,
        "extracting": export.extracting,
        "changed_at": export.changed_at,
        "expired_at": export.expired_at,
        "ended_at": ending and ending.at,
        "expires_at": ending and ending.expires_at,
        "label": export.plan and export.plan.dataset_label,
        "chunks_staged": len(export.staged),
        "rows_staged": sum(chunk.rows for chunk in export.staged.values()),
        "rows_total": extraction and extraction.rows,
        "matched": extraction and extraction.matched,
        "parts_rendered": len(export.rendered),
        "assembled": {name: file.sha256 for name, file in export.assembled.items()},
        "destroyed": set(export.destroyed),
    }
