"""A row for each command, with what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.acts import Act
from domain.downloads.decide import EndDownload, StartDownload
from domain.downloads.events import Via
from domain.events import Event
from domain.exports.commands import (
    CancelExport,
    FailExport,
    PauseExport,
    ResumeExport,
    RetryExport,
)
from domain.exports.failures import Reason
from domain.exports.state import Status
from domain.ports import Recorded
from domain.refusals.events import RefusalRecorded, RefusalsOmitted
from projections.audit import AUDIT, AuditRow, Result
from projections.audit.columns import from_columns, to_columns
from projections.read_model import HistoryBroken, Trail, folded
from projections.shown import ShownField
from tests.unit.projections.histories import (
    ANNA,
    EXPORT,
    NOON,
    SOME,
    download_events,
    download_histories,
    export_events,
    export_histories,
    granted,
    key_created,
    key_histories,
    key_revoked,
    planned,
    recorded,
    requested,
    sheet,
    sheet_plan,
)

BEN = UUID(int=2)
LATER = NOON + timedelta(minutes=1)


def rows(events: Sequence[Event]) -> list[AuditRow]:
    return folded(AUDIT, recorded(events))


def failed() -> FailExport:
    return FailExport(reason=Reason.STORAGE_FULL, detail=None, attempt=None, retries=0, at=LATER)


def test_a_request_tells_what_was_asked_for_and_why() -> None:
    asked = replace(requested(("csv", "ndjson")), filter={"field": "id", "op": "eq", "value": 7})
    (row,) = rows(export_events(asked))
    assert row == AuditRow(
        aggregate_id=SOME,
        entry=1,
        open=True,
        position=100,
        workspace="acme",
        at=NOON,
        by=ANNA,
        act=Act.REQUEST_EXPORT,
        result=Result.ACCEPTED,
        export_id=SOME,
        dataset="orders",
        fields=(ShownField(name="id", label=None), ShownField(name="total", label="Total")),
        filter={"field": "id", "op": "eq", "value": 7},
        purpose=UUID(int=2),
        files=("csv", "ndjson"),
    )


def test_the_plan_adds_the_filter_in_words_and_the_headings() -> None:
    (row,) = rows(export_events(requested(), planned()))
    assert row.sentence == "total is above 100"
    assert [field.label for field in row.fields] == ["Id", "Total"]


def test_a_failed_run_and_the_retry_that_was_cancelled_are_told_apart() -> None:
    told = rows(
        export_events(
            requested(),
            planned(),
            failed(),
            RetryExport(by=BEN, at=LATER),
            CancelExport(by=ANNA, at=LATER + timedelta(seconds=1)),
        )
    )
    assert [(row.act, row.by, row.outcome, row.failure) for row in told] == [
        (Act.REQUEST_EXPORT, ANNA, Status.FAILED, Reason.STORAGE_FULL),
        (Act.RETRY, BEN, Status.CANCELLED, None),
        (Act.CANCEL, ANNA, None, None),
    ]
    assert [row.dataset for row in told] == ["orders"] * 3
    assert told[0].ended_at == LATER
    assert [row.open for row in told] == [True, False, False]


def test_pause_and_resume_are_acts_of_their_own() -> None:
    told = rows(
        export_events(requested(), PauseExport(by=ANNA, at=NOON), ResumeExport(by=BEN, at=LATER))
    )
    assert [(row.act, row.by, row.at, row.entry) for row in told[1:]] == [
        (Act.PAUSE, ANNA, NOON, 2),
        (Act.RESUME, BEN, LATER, 3),
    ]


def test_a_download_with_a_key_is_one_command() -> None:
    grant = replace(granted(), via=Via.KEY, expires_at=None)
    events = download_events(
        grant, StartDownload(first=5, length=20, at=NOON), EndDownload(number=1, sent=12, at=LATER)
    )
    (row,) = rows(events)
    assert (row.act, row.via, row.first, row.length, row.sent) == (
        Act.DOWNLOAD,
        Via.KEY,
        5,
        20,
        12,
    )
    assert (row.export_id, row.file, row.ended_at) == (EXPORT, "csv", LATER)


def test_a_request_of_several_datasets_tells_of_each() -> None:
    events = export_events(
        replace(requested(), sheets=(sheet("towns"),)),
        replace(planned(), sheets=(sheet_plan("towns"),)),
    )
    (asked,) = rows(events[:2])
    (towns,) = asked.sheets
    assert (towns.dataset, towns.label, towns.sentence) == ("towns", None, None)
    assert towns.filter == {"field": "name", "op": "eq", "value": {"sealed": str(SOME)}}
    assert towns.fields == (
        ShownField(name="id", label="No"),
        ShownField(name="name", label=None),
    )
    (row,) = rows(events)
    (towns,) = row.sheets
    assert (towns.label, towns.sentence) == ("Towns", "towns is protected")
    assert towns.fields[1] == ShownField(name="name", label="Name", mask={"method": "null"})


def test_each_use_of_a_link_is_a_row_beside_the_link() -> None:
    events = download_events(
        granted(),
        StartDownload(first=0, length=9, at=NOON),
        StartDownload(first=9, length=1, at=NOON),
        EndDownload(number=2, sent=1, at=LATER),
    )
    link, first, second = rows(events)
    assert (link.act, link.number, link.expires_at) == (
        Act.GRANT_DOWNLOAD,
        None,
        NOON + timedelta(minutes=5),
    )
    assert (first.act, first.number, first.sent, first.open) == (Act.DOWNLOAD, 1, None, True)
    assert (second.number, second.first, second.sent, second.open) == (2, 9, 1, False)
    assert {row.by for row in (link, first, second)} == {ANNA}


def test_a_refusal_tells_which_problem_was_answered() -> None:
    refused = RefusalRecorded(
        workspace="acme", by=BEN, act=Act.RETRY, export_id=EXPORT, dataset="orders", file=None,
        problem="nothing-to-retry", status=409, at=NOON,
    )  # fmt: skip
    (row,) = rows([refused])
    assert (row.result, row.act, row.problem, row.status) == (
        Result.REFUSED,
        Act.RETRY,
        "nothing-to-retry",
        409,
    )
    assert (row.export_id, row.dataset, row.open) == (EXPORT, "orders", False)


def test_refusals_that_were_left_out_are_one_row_with_their_number() -> None:
    left_out = RefusalsOmitted(workspace="acme", by=BEN, count=12, since=NOON, at=LATER)
    (row,) = rows([left_out])
    assert (row.act, row.result, row.omitted, row.since, row.at) == (
        Act.SEVERAL,
        Result.REFUSED,
        12,
        NOON,
        LATER,
    )


def test_a_key_is_told_when_it_is_made_and_when_it_ends() -> None:
    made, ended = rows([key_created(by=None), key_revoked()])
    assert made == AuditRow(
        aggregate_id=SOME,
        entry=1,
        open=False,
        position=100,
        workspace="acme",
        at=NOON,
        by=None,
        act=Act.CREATE_KEY,
        result=Result.ACCEPTED,
        key_id=SOME,
        holder=UUID(int=3),
        scopes=("audit", "downloads"),
        expires_at=NOON + timedelta(days=30),
    )
    assert ended == AuditRow(
        aggregate_id=SOME,
        entry=2,
        open=False,
        position=101,
        workspace="acme",
        at=LATER,
        by=ANNA,
        act=Act.REVOKE_KEY,
        result=Result.ACCEPTED,
        key_id=SOME,
    )


def test_a_key_that_is_older_than_its_events_is_told_from_its_end_on() -> None:
    (ended,) = rows([key_revoked()])
    assert (ended.entry, ended.act, ended.key_id) == (1, Act.REVOKE_KEY, SOME)


def test_text_that_postgresql_refuses_is_replaced_in_the_filter_too() -> None:
    asked = replace(requested(), filter={"field": "a\x00", "value": ["\ud800", 1]})
    (row,) = rows(export_events(asked))
    assert row.filter == {"field": "a\ufffd", "value": ["\ufffd", 1]}


@pytest.mark.parametrize(
    "events",
    [
        export_events(requested(), planned())[1:],
        [*export_events(requested()), *export_events(requested())],
        download_events(granted(), StartDownload(first=0, length=1, at=NOON))[1:],
        [*export_events(requested(), planned(), failed()), *export_events(
            requested(), planned(), failed())[-1:]],
    ],
    ids=["no request", "two requests", "no grant", "two ends"],
)  # fmt: skip
def test_a_history_that_cannot_be_is_said(events: list[Event]) -> None:
    with pytest.raises(HistoryBroken):
        rows(events)


HISTORIES: st.SearchStrategy[list[Any]] = st.one_of(
    export_histories(), download_histories(), key_histories()
)


@given(events=HISTORIES)
def test_a_row_survives_its_table(events: list[Event]) -> None:
    for row in rows(events):
        columns = {**to_columns(row)}
        for name in ("fields", "files", "filter", "scopes", "sheets"):
            columns[name] = _parsed(columns[name])
        assert from_columns(columns) == row


def test_a_row_of_a_table_that_knows_nothing_of_keys_or_sheets_is_read() -> None:
    (row,) = rows(export_events(requested()))
    columns = {**to_columns(row)}
    for name in ("fields", "files"):
        columns[name] = _parsed(columns[name])
    for name in ("key_id", "holder", "scopes", "sheets"):
        del columns[name]
    assert from_columns(columns) == row


@given(events=HISTORIES, cuts=st.sets(st.integers(min_value=0, max_value=60)))
def test_open_rows_are_enough_to_go_on_from_anywhere(events: list[Event], cuts: set[int]) -> None:
    """What the projector and a rebuild do: write, forget, read the open rows again."""
    table: dict[int, AuditRow] = {}
    trail = Trail(AUDIT)
    for index, each in enumerate(_read(recorded(events))):
        if index in cuts:
            table |= {row.entry: row for row in trail.changed}
            trail = Trail(AUDIT, [row for row in table.values() if row.open])
        trail.fold(each)
    table |= {row.entry: row for row in trail.changed}
    assert [table[entry] for entry in sorted(table)] == rows(events)


@given(histories=st.lists(HISTORIES, min_size=2, max_size=4), random=st.randoms())
def test_aggregates_may_be_interleaved_as_they_like(
    histories: list[list[Event]], random: Any
) -> None:
    left = [recorded(events, UUID(int=index)) for index, events in enumerate(histories)]
    apart = [row for each in left for row in folded(AUDIT, each)]
    mixed: list[Recorded] = []
    while left := [each for each in left if each]:
        mixed.append(random.choice(left).pop(0))
    assert sorted(folded(AUDIT, mixed), key=_identity) == sorted(apart, key=_identity)


@given(events=HISTORIES)
def test_every_command_that_was_accepted_has_its_row(events: list[Event]) -> None:
    told = rows(events)
    assert [row.entry for row in told] == sorted({row.entry for row in told})
    assert all(row.at == events[row.entry - 1].at for row in told)


def _read(events: list[Recorded]) -> list[Recorded]:
    return [each for each in events if type(each.event) in AUDIT.reads]


def _identity(row: AuditRow) -> tuple[UUID, int]:
    return row.aggregate_id, row.entry


def _parsed(value: Any) -> Any:
    return None if value is None else json.loads(value)
