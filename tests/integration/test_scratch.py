"""Read models made from the log in tables of one connection's own."""

from __future__ import annotations

import psycopg
import pytest

from domain.exports.commands import StartExtraction
from infra.projections import Projector
from infra.projections.scratch import scratch, whole_log
from projections.catalogue import READ_MODELS
from projections.history import HISTORY
from tests.integration.read_models import Site
from tests.replayed import assert_read_models_equal_the_log
from tests.unit.projections.histories import (
    NOON,
    download_events,
    export_events,
    granted,
    planned,
    requested,
)

STARTED = export_events(requested(), planned(), StartExtraction(attempt=1, at=NOON))


def filled(site: Site) -> None:
    for _ in range(3):
        site.record(STARTED)
    site.record(download_events(granted()))
    for model in READ_MODELS.values():
        Projector(model, site.store, site.pool).catch_up()


def test_the_log_makes_the_rows_that_the_live_table_has(site: Site) -> None:
    filled(site)
    with scratch(HISTORY, site.pool) as made:
        made.fold(whole_log(site.store))
        assert {row.export_id: row for row in made.rows()} == site.held(HISTORY)
        assert made.differences() == []
        assert (made.events, made.position) == (9, 10)


def test_a_row_that_was_tampered_with_is_told(site: Site) -> None:
    filled(site)
    with psycopg.connect(site.url) as connection:
        connection.execute("UPDATE history_v1 SET dataset = 'other' WHERE position = 3")
    with scratch(HISTORY, site.pool) as made:
        made.fold(whole_log(site.store))
        told = [(each["side"], each["dataset"]) for each in made.differences()]
    assert told == [("live", "other"), ("log", "orders")]
    with pytest.raises(AssertionError, match="history differs from the log"):
        assert_read_models_equal_the_log(site.url, patience=0.3)


def test_nothing_is_left_behind_and_nothing_live_is_touched(site: Site) -> None:
    filled(site)
    before = (site.held(HISTORY), site.bookkeeping(HISTORY), site.tables(HISTORY))
    for _ in range(2):
        with scratch(HISTORY, site.pool) as made:
            made.fold(whole_log(site.store))
    assert (site.held(HISTORY), site.bookkeeping(HISTORY), site.tables(HISTORY)) == before
