"""Exports of several datasets: one after the other is read, and none may be short of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.exports.commands import FinishSheet
from domain.exports.errors import (
    AttemptSuperseded,
    ChunksMissing,
    RowsDoNotAddUp,
    SheetsMissing,
)
from domain.exports.events import (
    ChosenField,
    ChosenSheet,
    ExportPlanned,
    ExportRequested,
    ExtractionFinished,
    PlannedColumn,
    PlannedSheet,
    SheetExtracted,
    SheetsPlanned,
    SheetsRequested,
)
from domain.exports.state import Place
from tests.export_commands import AT, EXPORTS, ROWS, finish, plan, request, stage, start

SHEETS = tuple(
    ChosenSheet(
        dataset=dataset,
        fields=(ChosenField(name="id"),),
        filter=None,
        order=(),
        limit=None,
        options={},
    )
    for dataset in ("towns", "lands")
)
PLANS = tuple(
    PlannedSheet(
        dataset_version="v1",
        dataset_label=label,
        columns=(PlannedColumn(name="id", label="Id", type="integer"),),
        sentence="",
    )
    for label in ("Towns", "Lands")
)
ASKED = EXPORTS.told(request(sheets=SHEETS))
READING = ASKED.told(plan(sheets=PLANS), start())


def read(index: int, chunks: int = 1, **more: Any) -> FinishSheet:
    rows = more.pop("rows", chunks * ROWS)
    values = {"attempt": 1, "rows": rows, "chunks": chunks, "matched": rows, "at": AT, **more}
    return FinishSheet(index=index, **values)


def fact(index: int, chunks: int = 1) -> SheetExtracted:
    rows = chunks * ROWS
    return SheetExtracted(attempt=1, index=index, rows=rows, chunks=chunks, matched=rows, at=AT)


def test_they_are_asked_for_behind_the_request_and_planned_before_the_plan() -> None:
    assert [type(event) for event in READING.events[:4]] == [
        ExportRequested,
        SheetsRequested,
        SheetsPlanned,
        ExportPlanned,
    ]
    assert READING.known.sheets == SHEETS
    assert READING.known.sheet_plans == PLANS
    assert [each.dataset for each in READING.known.asked] == ["orders", "towns", "lands"]
    assert len(READING.known.planned) == 3
    assert ASKED.known.planned == ()


def test_a_repeated_request_or_plan_is_no_new_fact() -> None:
    ASKED.when(request(sheets=SHEETS)).then()
    READING.when(plan(sheets=PLANS)).then()


def test_chunks_belong_to_the_dataset_that_is_read() -> None:
    two = READING.told(stage(0), stage(1), read(0, 2), read(1, 0), stage(2))
    places = [two.known.place_of(chunk) for chunk in range(3)]
    assert places == [
        Place(sheet=0, chunk=0),
        Place(sheet=0, chunk=1),
        Place(sheet=2, chunk=0),
    ]


def test_of_one_dataset_all_chunks_are_its_own() -> None:
    alone = EXPORTS.told(request(), plan(), start(), stage(0), stage(1))
    assert alone.known.place_of(1) == Place(sheet=0, chunk=1)


def test_each_is_finished_when_its_rows_are_staged() -> None:
    READING.told(stage(0)).when(read(0)).then(fact(0))
    READING.told(stage(0), read(0), stage(1), stage(2)).when(read(1, 2)).then(fact(1, 2))


def test_a_repeat_is_no_new_fact() -> None:
    READING.told(stage(0), read(0), stage(1)).when(read(0)).then()


@pytest.mark.parametrize("index", [1, 2])
def test_none_is_finished_before_those_before_it(index: int) -> None:
    READING.told(stage(0)).when(read(index)).raises(SheetsMissing)


def test_there_are_no_more_than_were_asked_for() -> None:
    read_all = READING.told(read(0, 0), read(1, 0), read(2, 0))
    read_all.when(read(3, 0)).raises(SheetsMissing)
    EXPORTS.told(request(), plan(), start(), read(0, 0)).when(read(1, 0)).raises(SheetsMissing)


def test_all_its_chunks_are_there_and_no_other() -> None:
    READING.told(stage(0)).when(read(0, 2)).raises(ChunksMissing)
    READING.told(stage(0), stage(1)).when(read(0)).raises(ChunksMissing)


def test_its_rows_are_those_of_its_chunks() -> None:
    READING.told(stage(0)).when(read(0, rows=ROWS - 1)).raises(RowsDoNotAddUp)
    READING.told(stage(0)).when(read(0, matched=ROWS + 1)).raises(RowsDoNotAddUp)


def test_a_cap_explains_what_is_missing_in_all_that_come_behind_it() -> None:
    capped = ASKED.told(plan(sheets=PLANS, row_cap=ROWS), start(), stage(0), read(0))
    short = replace(fact(1, 0), matched=7)
    capped.when(read(1, 0, matched=7)).then(short)
    done = capped.told(read(1, 0, matched=7), read(2, 0))
    done.when(finish(1, matched=ROWS + 7)).then(
        ExtractionFinished(attempt=1, rows=ROWS, chunks=1, matched=ROWS + 7, taken_at=AT, at=AT)
    )


def test_the_extraction_is_finished_when_all_of_them_are() -> None:
    two = READING.told(stage(0), read(0), stage(1), read(1))
    two.when(finish(2)).raises(SheetsMissing)
    two.told(read(2, 0)).when(finish(2)).then(
        ExtractionFinished(attempt=1, rows=20, chunks=2, matched=20, taken_at=AT, at=AT)
    )


def test_what_matched_is_the_sum_of_what_did() -> None:
    capped = ASKED.told(plan(sheets=PLANS, row_cap=ROWS), start(), stage(0))
    read_all = capped.told(read(0, matched=12), read(1, 0), read(2, 0))
    read_all.when(finish(1, matched=13)).raises(RowsDoNotAddUp)


def test_what_an_old_attempt_says_is_refused_and_a_new_one_begins_with_none() -> None:
    again = READING.told(stage(0), read(0), start(2))
    again.when(read(0)).raises(AttemptSuperseded)
    assert again.known.sheets_read == ()
