"""The rules of how an export ends, pauses, begins again and goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.exports.commands import RetryExport
from domain.exports.errors import (
    AttemptSuperseded,
    ExportEnded,
    ExportNotEnded,
    ExportNotPaused,
    NothingToRetry,
)
from domain.exports.events import (
    ExportCancelled,
    ExportCompleted,
    ExportExpired,
    ExportFailed,
    ExportPaused,
    ExportResumed,
    FileDestroyed,
    RetryRequested,
)
from domain.exports.failures import EXTRACT_AGAIN, REMEDIES, Reason
from tests.export_commands import (
    AT,
    CANCELLED,
    COMPLETED,
    EXPIRED,
    EXTRACTING,
    FAILED,
    FILES,
    KEPT_UNTIL,
    LATER,
    NEW,
    RENDERED,
    SOMEBODY,
    SOMEBODY_ELSE,
    STAGED,
    GivenExport,
    assemble,
    cancel,
    expire,
    fail,
    pause,
    renders,
    resume,
    retry,
    start,
)


class TestFail:
    def test_records_the_reason_and_until_when_the_rest_is_kept(self) -> None:
        EXTRACTING.when(fail(Reason.STORAGE_FULL, attempt=1)).then(
            ExportFailed(reason=Reason.STORAGE_FULL, detail=None, expires_at=KEPT_UNTIL, at=AT)
        )

    def test_an_export_can_fail_before_it_has_a_plan(self) -> None:
        NEW.when(fail(Reason.DATASET_UNKNOWN)).then(
            ExportFailed(reason=Reason.DATASET_UNKNOWN, detail=None, expires_at=KEPT_UNTIL, at=AT)
        )

    def test_what_an_old_attempt_says_is_refused(self) -> None:
        EXTRACTING.told(start(2)).when(fail(attempt=1)).raises(AttemptSuperseded)

    def test_what_a_run_before_the_retry_says_is_refused(self) -> None:
        again = FAILED.told(retry())
        again.when(fail(attempt=1)).raises(AttemptSuperseded)
        again.when(fail()).raises(AttemptSuperseded)
        again.when(fail(Reason.STORAGE_FULL, attempt=1, retries=1)).then(
            ExportFailed(reason=Reason.STORAGE_FULL, detail=None, expires_at=KEPT_UNTIL, at=AT)
        )

    @pytest.mark.parametrize("ended", [COMPLETED, CANCELLED, FAILED, EXPIRED])
    def test_what_has_ended_does_not_fail_any_more(self, ended: GivenExport) -> None:
        ended.when(fail(attempt=1)).then()

    @pytest.mark.parametrize("reason", Reason)
    def test_every_reason_says_what_to_do(self, reason: Reason) -> None:
        assert REMEDIES[reason].endswith(".")


class TestCancel:
    def test_ends_the_export_at_once(self) -> None:
        EXTRACTING.when(cancel()).then(
            ExportCancelled(cancelled_by=SOMEBODY, expires_at=KEPT_UNTIL, at=AT)
        )

    def test_works_on_a_paused_export(self) -> None:
        assert not EXTRACTING.told(pause(), cancel()).known.paused

    def test_a_repeat_is_no_new_fact(self) -> None:
        CANCELLED.when(cancel(by=SOMEBODY_ELSE)).then()

    @pytest.mark.parametrize("ended", [COMPLETED, FAILED, EXPIRED, CANCELLED.told(expire())])
    def test_what_has_ended_otherwise_can_not_be_cancelled(self, ended: GivenExport) -> None:
        ended.when(cancel()).raises(ExportEnded)


class TestPauseAndResume:
    def test_a_pause_is_recorded_with_who_asked_for_it(self) -> None:
        STAGED.when(pause()).then(ExportPaused(paused_by=SOMEBODY, at=AT))

    def test_a_second_pause_is_no_new_fact(self) -> None:
        STAGED.told(pause()).when(pause(by=SOMEBODY_ELSE)).then()

    def test_a_paused_export_is_resumed(self) -> None:
        STAGED.told(pause()).when(resume()).then(ExportResumed(resumed_by=SOMEBODY, at=AT))

    def test_what_is_not_paused_can_not_be_resumed(self) -> None:
        STAGED.when(resume()).raises(ExportNotPaused)

    @pytest.mark.parametrize("ended", [COMPLETED, CANCELLED, FAILED, EXPIRED])
    def test_what_has_ended_can_be_neither_paused_nor_resumed(self, ended: GivenExport) -> None:
        ended.when(pause()).raises(ExportEnded)
        ended.when(resume()).raises(ExportEnded)


class TestRetry:
    def test_keeps_what_is_there_when_the_rows_are_still_staged(self) -> None:
        FAILED.when(retry()).then(RetryRequested(requested_by=SOMEBODY, extract_again=False, at=AT))

    def test_reads_again_when_the_extraction_was_not_finished(self) -> None:
        CANCELLED.when(retry()).then(
            RetryRequested(requested_by=SOMEBODY, extract_again=True, at=AT)
        )

    @pytest.mark.parametrize("reason", sorted(EXTRACT_AGAIN))
    def test_reads_again_when_the_staged_rows_are_lost(self, reason: Reason) -> None:
        STAGED.told(fail(reason)).when(retry()).then(
            RetryRequested(requested_by=SOMEBODY, extract_again=True, at=AT)
        )

    def test_only_a_failed_or_cancelled_export_can_be_retried(self) -> None:
        for given in (NEW, STAGED, COMPLETED):
            given.when(retry()).raises(NothingToRetry)

    def test_a_second_retry_is_refused_while_the_first_runs(self) -> None:
        FAILED.told(retry()).when(retry()).raises(NothingToRetry)

    def test_what_has_expired_can_not_be_retried(self) -> None:
        FAILED.told(expire()).when(retry()).raises(ExportEnded)

    def test_what_is_past_its_retention_can_not_be_retried_though_nobody_has_destroyed_it(
        self,
    ) -> None:
        late = AT + timedelta(days=7)
        just = late - timedelta(seconds=1)
        FAILED.when(RetryExport(by=SOMEBODY, at=late)).raises(ExportEnded)
        FAILED.when(RetryExport(by=SOMEBODY, at=just)).then(
            RetryRequested(requested_by=SOMEBODY, extract_again=False, at=just)
        )

    def test_a_retried_export_comes_to_its_end(self) -> None:
        again = FAILED.told(retry(), *renders(), *(assemble(file) for file in FILES))
        assert isinstance(again.known.ending, ExportCompleted)


class TestExpire:
    def test_says_which_files_are_destroyed(self) -> None:
        COMPLETED.when(expire()).then(
            FileDestroyed(file="csv", sha256="csv", at=LATER),
            FileDestroyed(file="ndjson.gz", sha256="ndjson.gz", at=LATER),
            ExportExpired(at=LATER),
        )

    def test_an_export_that_came_to_no_file_expires_as_well(self) -> None:
        CANCELLED.when(expire()).then(ExportExpired(at=LATER))

    def test_a_repeat_is_no_new_fact(self) -> None:
        EXPIRED.when(expire()).then()

    def test_what_has_not_ended_does_not_expire(self) -> None:
        RENDERED.when(expire()).raises(ExportNotEnded)
