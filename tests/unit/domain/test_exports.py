"""The rules of an export's beginning: the request and its plan."""

from __future__ import annotations

import pytest

from domain.exports.commands import ExportCommand
from domain.exports.errors import (
    ExportEnded,
    ExportRuleBroken,
    ExportUnknown,
    IdempotencyKeyReused,
)
from domain.exports.events import (
    ExportPaused,
    ExportPlanned,
    ExportRequested,
)
from domain.exports.state import evolve
from tests.export_commands import (
    AT,
    EXPIRED,
    EXPORTS,
    LATER,
    NEW,
    PLANNED,
    ROWS,
    SOMEBODY,
    assemble,
    cancel,
    expire,
    fail,
    finish,
    pause,
    plan,
    render,
    request,
    resume,
    retry,
    stage,
    start,
)


class TestRequest:
    def test_records_all_that_was_asked_for(self) -> None:
        asked = request()
        EXPORTS.given().when(asked).then(
            ExportRequested(
                workspace="main",
                requested_by=SOMEBODY,
                purpose=None,
                dataset="orders",
                fields=asked.fields,
                filter=asked.filter,
                order=asked.order,
                limit=None,
                files=asked.files,
                priority=asked.priority,
                retention_days=7,
                request_digest="d1",
                at=AT,
            )
        )

    def test_the_same_request_again_is_no_new_fact(self) -> None:
        NEW.when(request(at=LATER)).then()

    def test_another_request_under_the_same_key_is_refused(self) -> None:
        NEW.when(request(request_digest="d2")).raises(IdempotencyKeyReused)

    def test_a_repeat_is_no_new_fact_even_when_the_export_has_expired(self) -> None:
        EXPIRED.when(request()).then()

    @pytest.mark.parametrize(
        "command",
        [
            plan(), start(), stage(0), finish(), render(0), assemble(), fail(), cancel(), pause(),
            resume(), retry(), expire(),
        ],
        ids=lambda command: type(command).__name__,
    )  # fmt: skip
    def test_nothing_can_be_done_to_an_export_that_does_not_exist(
        self, command: ExportCommand
    ) -> None:
        EXPORTS.given().when(command).raises(ExportUnknown)


class TestPlan:
    def test_records_what_was_decided_before_work_began(self) -> None:
        planned = plan(row_cap=50)
        NEW.when(planned).then(
            ExportPlanned(
                dataset_version="v1",
                dataset_label="Orders",
                columns=planned.columns,
                sentence="City is Łódź",
                estimated_rows=20,
                row_cap=50,
                fragment_rows=ROWS,
                chunk_rows=ROWS,
                files=planned.files,
                at=AT,
            )
        )

    def test_a_second_plan_is_ignored(self) -> None:
        PLANNED.when(plan(dataset_version="v2")).then()

    def test_a_plan_for_an_export_that_was_cancelled_meanwhile_is_ignored(self) -> None:
        NEW.told(cancel()).when(plan()).then()

    def test_an_export_that_was_retried_before_it_had_a_plan_gets_one(self) -> None:
        NEW.told(fail(), retry()).when(plan()).then(*PLANNED.events[1:])


def test_a_history_begins_with_a_request() -> None:
    with pytest.raises(ValueError, match="can't begin with ExportPaused"):
        evolve(None, ExportPaused(paused_by=SOMEBODY, at=AT))


def test_an_error_says_its_rule_or_what_it_was_told() -> None:
    assert str(ExportEnded()) == "The export has ended, so this can't be done to it any more."
    assert str(ExportRuleBroken("not today")) == "not today"
