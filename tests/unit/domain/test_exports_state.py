"""What is known of an export after its events."""

from __future__ import annotations

import pytest

from domain.exports.commands import ExportCommand
from domain.exports.state import READY, TERMINAL, Status, fold
from tests.export_commands import (
    EXPORTS,
    LATER,
    ROWS,
    assemble,
    cancel,
    expire,
    extraction,
    fail,
    finish,
    pause,
    plan,
    render,
    renders,
    request,
    resume,
    retry,
    stage,
    start,
    whole_life,
)

BEGUN: list[ExportCommand] = [request(), plan(), start()]
EXTRACTED: list[ExportCommand] = [request(), plan(), *extraction()]
CAPPED: list[ExportCommand] = [
    request(files=("csv",)), plan(row_cap=ROWS), start(), stage(0), finish(1, matched=11),
    render(0), assemble(),
]  # fmt: skip


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        ([request()], Status.QUEUED),
        ([request(), plan()], Status.QUEUED),
        (BEGUN, Status.EXTRACTING),
        ([*BEGUN, stage(0), render(0)], Status.EXTRACTING),
        (EXTRACTED, Status.RENDERING),
        ([*EXTRACTED, *renders(), assemble()], Status.RENDERING),
        ([*BEGUN, pause()], Status.PAUSED),
        ([request(), pause()], Status.PAUSED),
        ([*EXTRACTED, pause(), resume()], Status.RENDERING),
        (whole_life(), Status.COMPLETED),
        (CAPPED, Status.TRUNCATED),
        ([*BEGUN, fail()], Status.FAILED),
        ([*BEGUN, pause(), fail()], Status.FAILED),
        ([*BEGUN, cancel()], Status.CANCELLED),
        ([*BEGUN, fail(), retry()], Status.QUEUED),
        ([*BEGUN, fail(), retry(), start(2)], Status.EXTRACTING),
        ([*EXTRACTED, fail(), retry()], Status.RENDERING),
        ([*whole_life(), expire()], Status.EXPIRED),
        ([*BEGUN, cancel(), expire()], Status.EXPIRED),
    ],
)
def test_a_person_is_shown_one_status(commands: list[ExportCommand], status: Status) -> None:
    export = EXPORTS.told(*commands).known
    assert export.status is status
    assert export.ended is (status in TERMINAL)
    assert export.ready is (status in READY)


def test_a_new_attempt_forgets_what_the_last_one_staged_and_rendered() -> None:
    export = EXPORTS.told(*BEGUN, stage(0), render(0), start(2)).known
    assert (export.attempt, export.staged, export.rendered) == (2, {}, {})


def test_a_retry_keeps_parts_and_files_that_are_there() -> None:
    export = EXPORTS.told(*EXTRACTED, *renders(), assemble("csv"), fail(), retry()).known
    assert len(export.rendered) == 4
    assert set(export.assembled) == {"csv"}
    assert export.retries == 1


def test_a_file_is_rendered_when_all_its_chunks_are() -> None:
    partly = EXPORTS.told(*EXTRACTED, render(0, "csv"), render(1, "csv"), render(0, "ndjson.gz"))
    assert partly.known.is_rendered("csv")
    assert not partly.known.is_rendered("ndjson.gz")


def test_no_file_is_rendered_before_the_number_of_chunks_is_known() -> None:
    assert not EXPORTS.told(*BEGUN, stage(0), render(0)).known.is_rendered("csv")


def test_parts_are_in_order_whenever_they_came() -> None:
    export = EXPORTS.told(
        *BEGUN, *(stage(index) for index in range(12)),
        *(render(index) for index in (11, 2, 10, 0, 1)), render(3, "ndjson.gz"),
    ).known  # fmt: skip
    assert [part.index for part in export.parts("csv")] == [0, 1, 2, 10, 11]


def test_the_last_event_says_when_it_changed() -> None:
    assert EXPORTS.told(*whole_life(), expire(LATER)).known.changed_at == LATER


def test_folding_goes_on_from_a_state_that_is_known() -> None:
    events = EXPORTS.told(*whole_life()).events
    assert fold(events[5:], fold(events[:5])) == fold(events)
    assert fold([]) is None


def test_a_destroyed_file_stays_known_by_its_name() -> None:
    export = EXPORTS.told(*whole_life(), expire()).known
    assert export.destroyed == {"csv", "ndjson.gz"}
    assert set(export.assembled) == {"csv", "ndjson.gz"}
