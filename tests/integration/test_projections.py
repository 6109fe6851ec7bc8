"""Read models kept up to date on a real database, whatever becomes of the messages."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import infra.projections.projector as projector_module
from domain.downloads.decide import StartDownload
from domain.downloads.events import DownloadEvent
from domain.events import Event
from domain.exports.commands import StartExtraction
from domain.exports.events import ExportEvent
from domain.keys.events import KeyEvent
from domain.ports import Recorded
from domain.streams import Kind
from infra.database import migrate, open_pool
from infra.projections import (
    HistoryReader,
    Projector,
    ReadModelMissing,
    ReadModelOutdated,
    ReadModelSwitching,
    make_read_models,
)
from infra.store import EventStoreOnPostgresql
from projections.audit import AUDIT
from projections.catalogue import READ_MODELS
from projections.downloads import DOWNLOADS
from projections.history import HISTORY, HistoryRow
from projections.read_model import Column
from tests.integration.read_models import Site, open_site
from tests.unit.projections.histories import (
    NOON,
    download_events,
    download_histories,
    export_events,
    export_histories,
    granted,
    key_histories,
    planned,
    requested,
)

FEW = settings(max_examples=15, suppress_health_check=list(HealthCheck))
PLANNED = export_events(requested(), planned())
STARTED = export_events(requested(), planned(), StartExtraction(attempt=1, at=NOON))


@pytest.fixture
def history(site: Site) -> Projector[HistoryRow]:
    return Projector(HISTORY, site.store, site.pool)


def test_one_message_brings_all_that_the_lost_ones_told_of(
    site: Site, history: Projector[HistoryRow]
) -> None:
    site.record(STARTED)
    history.handle(site.hints()[-1])
    assert site.held(HISTORY) == site.owed(HISTORY)


def test_a_doubled_or_late_message_writes_nothing(
    site: Site, history: Projector[HistoryRow]
) -> None:
    site.record(STARTED)
    hints = site.hints()
    history.handle(hints[-1])
    written = _transactions(site)
    for each in [hints[-1], hints[0], hints[1], hints[-1]]:
        history.handle(each)
    assert _transactions(site) == written


def test_rows_and_how_much_they_hold_are_written_together(site: Site) -> None:
    def refuse(row: HistoryRow) -> Mapping[str, Column]:
        return {**HISTORY.to_columns(row), "workspace": None}

    key = site.record(PLANNED)
    broken = Projector(replace(HISTORY, to_columns=refuse), site.store, site.pool)
    with pytest.raises(psycopg.errors.NotNullViolation):
        broken.refresh(key)
    assert (site.held(HISTORY), site.bookkeeping(HISTORY)) == ({}, {})
    Projector(HISTORY, site.store, site.pool).refresh(key)
    assert site.bookkeeping(HISTORY) == {(1, key): 2}


def test_messages_of_another_kind_are_passed_over(
    site: Site, history: Projector[HistoryRow]
) -> None:
    site.record(download_events(granted()))
    history.handle(site.hints()[0])
    assert history.subscription.kinds == {Kind.EXPORT}
    assert site.held(HISTORY) == {}


def test_each_projector_is_a_subscription_under_its_read_models_name(site: Site) -> None:
    downloads = Projector(DOWNLOADS, site.store, site.pool).subscription
    assert (downloads.name, set(downloads.kinds)) == ("downloads", {Kind.DOWNLOAD})
    site.record(download_events(granted(), StartDownload(first=0, length=9, at=NOON)))
    downloads.handle(site.hints()[-1])
    assert site.held(DOWNLOADS) == site.owed(DOWNLOADS)


def test_an_aggregate_that_the_store_does_not_know_makes_no_row(
    site: Site, history: Projector[HistoryRow]
) -> None:
    history.refresh(uuid4(), 3)
    assert site.bookkeeping(HISTORY) == {}


def test_many_threads_apply_every_event_once_with_fewer_connections_than_threads(
    database_url: str,
) -> None:
    with open_site(database_url, connections=3) as site:
        history = Projector(HISTORY, site.store, site.pool)
        for _ in range(20):
            site.record(STARTED)
        hints = site.hints() * 3
        random.Random(7).shuffle(hints)
        with ThreadPoolExecutor(12) as threads:
            list(threads.map(history.handle, hints))
        assert site.held(HISTORY) == site.owed(HISTORY)
        assert len(site.held(HISTORY)) == 20


@FEW
@given(
    exports=st.lists(export_histories(most=15), min_size=1, max_size=3),
    downloads=st.lists(download_histories(), max_size=2),
    api_keys=st.lists(key_histories(), max_size=2),
    data=st.data(),
)
def test_lost_doubled_and_reordered_messages_do_no_harm(
    shared_site: Site,
    exports: list[list[ExportEvent]],
    downloads: list[list[DownloadEvent]],
    api_keys: list[list[KeyEvent]],
    data: st.DataObject,
) -> None:
    site = shared_site
    histories: list[Sequence[Event]] = [*exports, *downloads, *api_keys]
    keys = {site.record(events) for events in histories}
    new = [each for each in site.hints() if each.aggregate_id in keys]
    arriving = data.draw(st.lists(st.sampled_from(new), max_size=2 * len(new)))
    projectors: list[Projector[Any]] = [
        Projector(HISTORY, site.store, site.pool),
        Projector(DOWNLOADS, site.store, site.pool),
        Projector(AUDIT, site.store, site.pool),
    ]
    for each in arriving:
        for projector in projectors:
            projector.handle(each)
    told = {each.aggregate_id for each in arriving}
    for model in READ_MODELS.values():
        held, owed = site.held(model), site.owed(model)
        assert {key: row for key, row in held.items() if key in keys} == {
            key: row for key, row in owed.items() if key in told
        }
    for projector in projectors:
        projector.catch_up()
    for model in READ_MODELS.values():
        assert site.held(model) == site.owed(model)


def test_catching_up_applies_what_no_message_told_of_and_then_finds_nothing(
    site: Site, history: Projector[HistoryRow]
) -> None:
    for _ in range(3):
        site.record(STARTED)
    site.record(download_events(granted()))
    assert history.catch_up() == 9
    assert site.held(HISTORY) == site.owed(HISTORY)
    assert history.catch_up() == 0


def test_a_read_model_without_news_has_no_lag(site: Site, history: Projector[HistoryRow]) -> None:
    lag = history.lag(NOON)
    assert (lag.projection, lag.positions, lag.seconds) == ("history", 0, 0)
    site.record(PLANNED)
    site.record(download_events(granted()))
    history.catch_up()
    lag = history.lag(NOON)
    assert (lag.applied, lag.head, lag.seconds) == (3, 3, 0)


def test_lag_is_the_oldest_event_that_is_not_in_the_table_even_if_later_ones_are(
    site: Site, history: Projector[HistoryRow]
) -> None:
    site.record(PLANNED)
    lost = site.record(PLANNED)
    site.record(download_events(granted()))
    site.record(STARTED)
    for each in site.hints():
        if each.aggregate_id != lost:
            history.handle(each)
    lag = history.lag(NOON + timedelta(seconds=30))
    assert (lag.applied, lag.head, lag.positions, lag.seconds) == (2, 8, 6, 30)
    history.refresh(lost)
    assert history.lag(NOON).positions == 0


def test_a_clock_that_is_behind_makes_no_negative_lag(
    site: Site, history: Projector[HistoryRow]
) -> None:
    site.record(PLANNED)
    assert history.lag(NOON - timedelta(hours=1)).seconds == 0


def test_an_event_waits_for_a_switch_without_keeping_a_connection(database_url: str) -> None:
    with open_site(database_url, connections=1) as site:
        history = Projector(HISTORY, site.store, site.pool)
        key = site.record(PLANNED)
        with psycopg.connect(database_url) as switching:
            switching.execute("SELECT pg_advisory_xact_lock(7301011, hashtext('history'))")
            waiting = threading.Thread(target=history.refresh, args=(key,))
            waiting.start()
            for _ in range(5):
                assert site.held(HISTORY) == {}  # the pool's only connection is to be had
        waiting.join()
        assert site.held(HISTORY) == site.owed(HISTORY)


def test_a_table_that_was_emptied_while_the_store_was_read_is_filled_from_the_start(
    site: Site, history: Projector[HistoryRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = site.record(PLANNED)
    history.refresh(key)
    site.store.append(key, 2, STARTED[2:])
    read = site.store.read

    def emptied_meanwhile(aggregate_id: UUID, after: int = 0) -> list[Recorded]:
        events = read(aggregate_id, after)
        with site.pool.connection() as connection:
            connection.execute("TRUNCATE history_v1, projected")
        monkeypatch.undo()
        return events

    monkeypatch.setattr(site.store, "read", emptied_meanwhile)
    history.refresh(key)
    assert site.held(HISTORY) == site.owed(HISTORY)
    assert site.held(HISTORY)[key].version == 3


def test_a_switch_that_never_ends_is_reported(
    site: Site, history: Projector[HistoryRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector_module, "_TRIES", 2)
    key = site.record(PLANNED)
    with psycopg.connect(site.url) as switching:
        switching.execute("SELECT pg_advisory_xact_lock(7301011, hashtext('history'))")
        with pytest.raises(ReadModelSwitching, match="Nothing is lost"):
            history.refresh(key)


def test_tables_are_made_once_however_many_ask(database_url: str) -> None:
    migrate(database_url)
    with open_pool(database_url) as pool, ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: make_read_models(pool), range(4)))
    assert sorted(name for names in made for name in names) == ["audit", "downloads", "history"]


def test_without_tables_the_error_says_what_to_run(database_url: str) -> None:
    migrate(database_url)
    with open_pool(database_url) as pool, EventStoreOnPostgresql(database_url) as store:
        with pytest.raises(ReadModelMissing, match="waybill migrate"):
            HistoryReader(pool).get("acme", uuid4())
        with pytest.raises(ReadModelMissing, match="waybill migrate"):
            Projector(HISTORY, store, pool).refresh(uuid4())


def test_a_table_of_another_release_is_read_but_not_written(site: Site) -> None:
    key = site.record(PLANNED)
    Projector(HISTORY, site.store, site.pool).refresh(key)
    newer: Projector[Any] = Projector(replace(HISTORY, revision=2), site.store, site.pool)
    with pytest.raises(ReadModelOutdated, match=r"waybill rebuild.*history"):
        newer.refresh(key)
    assert HistoryReader(site.pool).get("acme", key) == site.owed(HISTORY)[key]


def test_labels_that_postgresql_refuses_do_not_stop_the_history(
    site: Site, history: Projector[HistoryRow]
) -> None:
    plan = replace(planned(), dataset_label="Or\x00ders", sentence="note has \x00")
    key = site.record(export_events(requested(), plan))
    history.refresh(key)
    assert site.held(HISTORY)[key].dataset_label == "Or\ufffdders"


def _transactions(site: Site) -> list[int]:
    """Which transactions wrote the rows that are there."""
    with site.pool.connection() as connection:
        rows = connection.execute(
            "SELECT xmin::text::bigint AS writer FROM history_v1"
            " UNION ALL SELECT xmin::text::bigint FROM projected"
        ).fetchall()
    return [row["writer"] for row in rows]
