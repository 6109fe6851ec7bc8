"""Rows survive their columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta, timezone
from functools import reduce
from typing import Any

from hypothesis import given

from domain.downloads.events import DownloadEvent
from domain.exports.events import ExportEvent
from projections import downloads, history
from projections.catalogue import READ_MODELS
from projections.downloads import DOWNLOADS, DownloadRow
from projections.history import HISTORY, HistoryRow
from projections.read_model import Column
from projections.texts import patterns, searchable, storable, words
from tests.unit.projections.histories import (
    download_histories,
    export_events,
    export_histories,
    planned,
    recorded,
    requested,
)

JSON = ("fields", "files", "sheets")


def as_read(columns: Mapping[str, Column], parsed: tuple[str, ...]) -> dict[str, Any]:
    """As a driver gives them back: JSON parsed, instants in whatever zone."""
    zone = timezone(timedelta(hours=9))
    read: dict[str, Any] = dict(columns)
    for name, value in read.items():
        if name in parsed:
            read[name] = json.loads(value)
        elif hasattr(value, "astimezone"):
            read[name] = value.astimezone(zone)
    return read


@given(export_histories())
def test_an_exports_row_comes_back_from_its_columns(events: list[ExportEvent]) -> None:
    row: HistoryRow | None = reduce(history.project, recorded(events), None)
    assert row is not None
    columns = HISTORY.to_columns(row)
    assert tuple(columns) == HISTORY.columns
    assert HISTORY.from_columns(as_read(columns, JSON)) == row


@given(download_histories())
def test_a_downloads_row_comes_back_from_its_columns(events: list[DownloadEvent]) -> None:
    row: DownloadRow | None = reduce(downloads.project, recorded(events), None)
    assert row is not None
    columns = DOWNLOADS.to_columns(row)
    assert tuple(columns) == DOWNLOADS.columns
    assert DOWNLOADS.from_columns(as_read(columns, ("sent", "open"))) == row


def test_instants_come_back_in_utc() -> None:
    row = reduce(history.project, recorded(export_events(requested())), None)
    assert row is not None
    read = as_read(HISTORY.to_columns(row), JSON)
    assert str(HISTORY.from_columns(read).requested_at) == "2026-03-01 12:00:00+00:00"


def test_a_row_of_a_table_that_knows_nothing_of_sheets_is_read() -> None:
    row = reduce(history.project, recorded(export_events(requested())), None)
    assert row is not None
    read = as_read(HISTORY.to_columns(row), JSON)
    del read["sheets"]
    assert HISTORY.from_columns(read) == row


def test_what_is_searched_is_the_dataset_the_sentence_and_the_files_in_lower_case() -> None:
    events = export_events(requested(("csv.gz",)), planned(("csv.gz",)))
    row = reduce(history.project, recorded(events), None)
    assert row is not None
    assert HISTORY.to_columns(row)["searched"] == "orders\norders\ntotal is above 100\ncsv.gz"


def test_every_read_model_is_known_by_its_own_name() -> None:
    assert {name: model.name for name, model in READ_MODELS.items()} == {
        "history": "history",
        "downloads": "downloads",
        "audit": "audit",
    }


def test_what_postgresql_refuses_is_replaced() -> None:
    assert storable("a\x00b\ud800c\udfff") == "a\ufffdb\ufffdc\ufffd"


def test_other_text_stays_as_it_is() -> None:
    assert storable("Größe\t🦔\x1f") == "Größe\t🦔\x1f"


def test_a_search_is_words_whatever_their_case() -> None:
    assert words("  Größe\nSTRASSE ") == ["grösse", "strasse"]
    assert "strasse" in searchable("Straße")


def test_a_search_takes_the_wildcards_of_like_literally() -> None:
    assert patterns(["50%", "a_b", "c\\d"]) == ["%50\\%%", "%a\\_b%", "%c\\\\d%"]
