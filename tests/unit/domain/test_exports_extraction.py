"""The rules of reading the rows, once."""

from __future__ import annotations

import pytest

from domain.exports.errors import (
    AttemptSuperseded,
    ChunksMissing,
    ExportEnded,
    ExportNotPlanned,
    RowsDoNotAddUp,
)
from domain.exports.events import (
    ChunkStaged,
    ExtractionFinished,
    ExtractionStarted,
)
from tests.export_commands import (
    AT,
    CANCELLED,
    EXTRACTING,
    NEW,
    PLANNED,
    ROWS,
    STAGED,
    finish,
    pause,
    plan,
    retry,
    stage,
    start,
)


class TestStartExtraction:
    def test_begins_the_first_attempt(self) -> None:
        PLANNED.when(start(1)).then(ExtractionStarted(attempt=1, at=AT))

    def test_needs_a_plan(self) -> None:
        NEW.when(start(1)).raises(ExportNotPlanned)

    def test_a_new_attempt_takes_over_from_one_under_way(self) -> None:
        EXTRACTING.told(stage(0)).when(start(2)).then(ExtractionStarted(attempt=2, at=AT))

    def test_of_two_workers_that_begin_the_same_attempt_the_second_is_refused(self) -> None:
        EXTRACTING.when(start(1)).raises(AttemptSuperseded)

    @pytest.mark.parametrize("attempt", [-1, 0, 2, 3])
    def test_attempts_count_from_1_without_holes(self, attempt: int) -> None:
        PLANNED.when(start(attempt)).raises(AttemptSuperseded)

    def test_what_is_extracted_is_not_extracted_again(self) -> None:
        STAGED.when(start(2)).raises(AttemptSuperseded)

    def test_is_refused_after_the_end(self) -> None:
        CANCELLED.when(start(2)).raises(ExportEnded)


class TestStageChunk:
    def test_records_a_chunk_with_its_digest(self) -> None:
        EXTRACTING.when(stage(0)).then(
            ChunkStaged(attempt=1, index=0, rows=ROWS, size=90, sha256="staged 0", at=AT)
        )

    def test_chunks_may_come_in_any_order(self) -> None:
        EXTRACTING.told(stage(1)).when(stage(0)).then(
            ChunkStaged(attempt=1, index=0, rows=ROWS, size=90, sha256="staged 0", at=AT)
        )

    def test_a_repeat_is_no_new_fact(self) -> None:
        EXTRACTING.told(stage(0)).when(stage(0)).then()

    def test_what_an_old_attempt_says_is_refused(self) -> None:
        EXTRACTING.told(start(2)).when(stage(0, attempt=1)).raises(AttemptSuperseded)

    def test_what_an_attempt_to_come_says_is_refused(self) -> None:
        EXTRACTING.when(stage(0, attempt=2)).raises(AttemptSuperseded)

    def test_a_chunk_too_many_after_the_extraction_is_refused(self) -> None:
        STAGED.when(stage(2)).raises(AttemptSuperseded)

    def test_is_refused_after_the_end(self) -> None:
        CANCELLED.when(stage(0)).raises(ExportEnded)

    def test_a_worker_that_slept_through_a_retry_is_refused(self) -> None:
        CANCELLED.told(retry()).when(stage(0)).raises(AttemptSuperseded)

    def test_goes_on_during_a_pause_as_the_snapshot_would_be_lost(self) -> None:
        EXTRACTING.told(pause()).when(stage(0)).then(
            ChunkStaged(attempt=1, index=0, rows=ROWS, size=90, sha256="staged 0", at=AT)
        )


class TestFinishExtraction:
    def test_records_rows_chunks_and_the_instant_of_the_snapshot(self) -> None:
        EXTRACTING.told(stage(0), stage(1)).when(finish()).then(
            ExtractionFinished(attempt=1, rows=20, chunks=2, matched=20, taken_at=AT, at=AT)
        )

    def test_an_extraction_can_find_no_rows(self) -> None:
        EXTRACTING.when(finish(0)).then(
            ExtractionFinished(attempt=1, rows=0, chunks=0, matched=0, taken_at=AT, at=AT)
        )

    def test_a_repeat_is_no_new_fact(self) -> None:
        STAGED.when(finish()).then()

    @pytest.mark.parametrize("indexes", [[], [0], [1], [0, 2]])
    def test_needs_all_chunks_and_no_others(self, indexes: list[int]) -> None:
        staged = EXTRACTING.told(*(stage(index) for index in indexes))
        staged.when(finish(2)).raises(ChunksMissing)

    def test_refuses_a_total_that_is_not_the_chunks_sum(self) -> None:
        EXTRACTING.told(stage(0), stage(1)).when(finish(2, rows=19)).raises(RowsDoNotAddUp)

    def test_refuses_rows_that_are_missing_without_a_cap(self) -> None:
        EXTRACTING.told(stage(0)).when(finish(1, matched=11)).raises(RowsDoNotAddUp)

    @pytest.mark.parametrize(("cap", "matched"), [(20, 11), (10, 9), (9, 11)])
    def test_refuses_missing_rows_that_the_cap_does_not_explain(
        self, cap: int, matched: int
    ) -> None:
        extracting = NEW.told(plan(row_cap=cap), start(), stage(0))
        extracting.when(finish(1, matched=matched)).raises(RowsDoNotAddUp)

    def test_takes_rows_that_the_cap_left_out(self) -> None:
        NEW.told(plan(row_cap=ROWS), start(), stage(0)).when(finish(1, matched=99)).then(
            ExtractionFinished(attempt=1, rows=10, chunks=1, matched=99, taken_at=AT, at=AT)
        )

    def test_what_an_old_attempt_says_is_refused(self) -> None:
        EXTRACTING.told(start(2)).when(finish(0, attempt=1)).raises(AttemptSuperseded)

    def test_a_worker_that_slept_through_a_retry_is_refused(self) -> None:
        CANCELLED.told(retry()).when(finish(0)).raises(AttemptSuperseded)

    def test_is_refused_after_the_end(self) -> None:
        CANCELLED.when(finish(0)).raises(ExportEnded)
