"""The rules of rendering chunks and assembling files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.exports.errors import (
    AttemptSuperseded,
    ChunksMissing,
    ChunkUnknown,
    ExportEnded,
    RowsDoNotAddUp,
)
from domain.exports.events import (
    ChunkRendered,
    ExportCompleted,
    ExportCompletedTruncated,
    FileAssembled,
)
from domain.exports.failures import Reason
from tests.export_commands import (
    AT,
    COMPLETED,
    EXTRACTING,
    FILES,
    KEPT_UNTIL,
    LATER,
    NEW,
    PLANNED,
    RENDERED,
    ROWS,
    STAGED,
    GivenExport,
    assemble,
    cancel,
    extraction,
    fail,
    finish,
    pause,
    plan,
    render,
    renders,
    retry,
    stage,
    start,
)


def assembled(file: str, rows: int = 2 * ROWS, rejected: int = 0) -> FileAssembled:
    return FileAssembled(
        file=file,
        size=160,
        sha256=file,
        content_sha256=f"content of {file}",
        rows=rows,
        rejected=rejected,
        waybill_sha256=f"waybill of {file}",
        at=AT,
    )


class TestRecordChunk:
    def test_records_a_part_with_its_rows(self) -> None:
        STAGED.when(render(0, rejected=3)).then(
            ChunkRendered(
                attempt=1, index=0, file="csv", rows=7, rejected=3, size=80,
                sha256="part 0 of csv", at=AT,
            )
        )  # fmt: skip

    def test_rendering_begins_while_the_extraction_goes_on(self) -> None:
        assert len(EXTRACTING.told(stage(0), render(0)).known.rendered) == 1

    def test_the_first_result_wins(self) -> None:
        STAGED.told(render(0)).when(replace(render(0), sha256="other", at=LATER)).then()

    def test_each_file_has_parts_of_its_own(self) -> None:
        rendered = STAGED.told(render(0, "csv"), render(0, "ndjson.gz")).known.rendered
        assert set(rendered) == {(0, "csv"), (0, "ndjson.gz")}

    def test_refuses_a_chunk_that_was_not_staged(self) -> None:
        STAGED.when(render(2)).raises(ChunkUnknown)

    def test_refuses_a_file_that_nobody_asked_for(self) -> None:
        STAGED.when(render(0, "pdf")).raises(ChunkUnknown)

    @pytest.mark.parametrize(("rows", "rejected"), [(9, 0), (11, 0), (10, 1), (0, 0), (0, 11)])
    def test_refuses_rows_that_do_not_add_up(self, rows: int, rejected: int) -> None:
        STAGED.when(render(0, rows=rows, rejected=rejected)).raises(RowsDoNotAddUp)

    def test_what_an_old_attempt_says_is_refused(self) -> None:
        again = EXTRACTING.told(stage(0), start(2), stage(0, attempt=2))
        again.when(render(0, attempt=1)).raises(AttemptSuperseded)

    def test_what_is_left_of_a_discarded_extraction_is_refused(self) -> None:
        lost = STAGED.told(fail(Reason.STAGED_ROWS_LOST), retry())
        lost.when(render(0)).raises(AttemptSuperseded)

    def test_is_refused_after_the_end(self) -> None:
        STAGED.told(cancel()).when(render(0)).raises(ExportEnded)

    def test_counts_during_a_pause_as_the_work_is_done(self) -> None:
        assert len(STAGED.told(pause(), render(0)).known.rendered) == 1


class TestRecordFile:
    def test_records_a_file_with_the_sum_of_its_parts(self) -> None:
        RENDERED.when(assemble()).then(assembled("csv"))

    def test_the_last_file_completes_the_export_in_the_same_append(self) -> None:
        RENDERED.told(assemble("csv")).when(assemble("ndjson.gz")).then(
            assembled("ndjson.gz"),
            ExportCompleted(rows=20, rejected=0, expires_at=KEPT_UNTIL, at=AT),
        )

    def test_an_export_without_rows_is_completed_too(self) -> None:
        empty = PLANNED.told(start(), finish(0), assemble("csv"))
        empty.when(assemble("ndjson.gz")).then(
            assembled("ndjson.gz", rows=0),
            ExportCompleted(rows=0, rejected=0, expires_at=KEPT_UNTIL, at=AT),
        )

    def test_rows_count_as_rejected_when_one_of_the_files_lacks_them(self) -> None:
        rendered = STAGED.told(
            render(0, "csv", rejected=2), render(1, "csv", rejected=1),
            render(0, "ndjson.gz"), render(1, "ndjson.gz"), assemble("csv"),
        )  # fmt: skip
        rendered.when(assemble("ndjson.gz")).then(
            assembled("ndjson.gz"),
            ExportCompleted(rows=17, rejected=3, expires_at=KEPT_UNTIL, at=AT),
        )

    def test_a_cap_is_a_state_of_its_own(self) -> None:
        capped = NEW.told(
            plan(row_cap=ROWS), start(), stage(0), finish(1, matched=99),
            *renders(chunks=1), assemble("csv"),
        )  # fmt: skip
        capped.when(assemble("ndjson.gz")).then(
            assembled("ndjson.gz", rows=10),
            ExportCompletedTruncated(
                rows=10, rejected=0, matched=99, row_cap=10, expires_at=KEPT_UNTIL, at=AT
            ),
        )

    def test_a_cap_that_left_nothing_out_is_no_truncation(self) -> None:
        capped = NEW.told(
            plan(row_cap=ROWS), start(), stage(0), finish(1),
            *renders(chunks=1), *(assemble(file) for file in FILES),
        )  # fmt: skip
        assert isinstance(capped.known.ending, ExportCompleted)

    def test_a_repeat_is_no_new_fact(self) -> None:
        RENDERED.told(assemble("csv")).when(assemble("csv")).then()

    def test_a_repeat_is_no_new_fact_even_after_the_end(self) -> None:
        COMPLETED.when(assemble("csv")).then()

    def test_needs_every_part(self) -> None:
        STAGED.told(render(0)).when(assemble()).raises(ChunksMissing)

    def test_needs_the_end_of_the_extraction(self) -> None:
        EXTRACTING.told(stage(0), render(0)).when(assemble()).raises(ChunksMissing)

    @pytest.mark.parametrize("given", [RENDERED, PLANNED.told(start(), finish(0))])
    def test_refuses_to_assemble_a_file_that_nobody_asked_for(self, given: GivenExport) -> None:
        given.when(assemble("pdf")).raises(ChunkUnknown)

    def test_what_an_old_attempt_says_is_refused(self) -> None:
        again = EXTRACTING.told(*extraction(2), *renders(2))
        again.when(assemble(attempt=1)).raises(AttemptSuperseded)

    def test_what_is_left_of_a_discarded_extraction_is_refused(self) -> None:
        lost = RENDERED.told(assemble(), fail(Reason.STAGED_ROWS_LOST), retry())
        lost.when(assemble()).raises(AttemptSuperseded)

    def test_is_refused_after_the_end(self) -> None:
        RENDERED.told(cancel()).when(assemble()).raises(ExportEnded)
