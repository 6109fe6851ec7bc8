"""A read model made anew from the log while everything goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import infra.projections.readers as readers_module
import infra.projections.rebuilding as rebuild_module
import infra.projections.tables as tables_module
from domain.downloads.decide import StartDownload
from domain.downloads.events import DownloadEvent
from domain.events import Event
from domain.exports.commands import StageChunk, StartExtraction
from domain.exports.events import ExportEvent
from domain.keys.events import KeyEvent
from domain.ports import Recorded, StoreUnavailable
from infra.projections import (
    HistoryReader,
    Projector,
    RebuildRunning,
    SwitchBlocked,
    rebuild,
)
from infra.projections.folding import Folding
from infra.projections.tables import Live, Table, live
from infra.store import EventStoreOnPostgresql
from projections.catalogue import READ_MODELS
from projections.downloads import DOWNLOADS
from projections.history import HISTORY, HistoryFilters
from tests.integration.read_models import Site
from tests.unit.projections.histories import (
    NOON,
    SHA,
    download_events,
    download_histories,
    export_events,
    export_histories,
    granted,
    key_histories,
    planned,
    requested,
)

STAGED = export_events(
    requested(),
    planned(),
    StartExtraction(attempt=1, at=NOON),
    *(
        StageChunk(attempt=1, index=index, rows=10, size=100, sha256=SHA, at=NOON)
        for index in range(5)
    ),
)


def keep_up(site: Site) -> None:
    Projector(HISTORY, site.store, site.pool).catch_up()


def test_a_rebuilt_table_holds_what_the_live_one_held(site: Site) -> None:
    for _ in range(4):
        site.record(STAGED)
    keep_up(site)
    before = site.held(HISTORY)
    done = rebuild(HISTORY, site.store, site.pool)
    assert (done.projection, done.version, done.events, done.rows) == ("history", 2, 32, 4)
    assert site.held(HISTORY) == before == site.owed(HISTORY)


def test_a_rebuild_leaves_nothing_of_the_old_table(site: Site) -> None:
    key = site.record(STAGED)
    keep_up(site)
    rebuild(HISTORY, site.store, site.pool)
    assert site.tables(HISTORY) == [2]
    assert site.bookkeeping(HISTORY) == {(2, key): 8}


def test_each_read_model_is_rebuilt_from_its_own_events(site: Site) -> None:
    site.record(STAGED)
    site.record(download_events(granted(), StartDownload(first=0, length=9, at=NOON)))
    assert rebuild(DOWNLOADS, site.store, site.pool).events == 2
    assert site.held(DOWNLOADS) == site.owed(DOWNLOADS)
    assert site.live_version(HISTORY) == 1


def test_an_empty_log_makes_an_empty_table(site: Site) -> None:
    assert rebuild(HISTORY, site.store, site.pool).rows == 0
    assert site.live_version(HISTORY) == 2


def test_a_rebuild_brings_what_no_message_told_of_and_leaves_no_lag(site: Site) -> None:
    site.record(STAGED)
    rebuild(HISTORY, site.store, site.pool)
    assert site.held(HISTORY) == site.owed(HISTORY)
    assert Projector(HISTORY, site.store, site.pool).lag(NOON).positions == 0


def test_a_rebuild_tells_how_far_it_is(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild_module, "_BATCH", 5)
    for _ in range(3):
        site.record(STAGED)
    told: list[tuple[int, int]] = []
    rebuild(HISTORY, site.store, site.pool, lambda position, head: told.append((position, head)))
    assert told == [(5, 24), (10, 24), (15, 24), (20, 24), (24, 24), (24, 24)]


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(
    histories=st.lists(export_histories(most=20), min_size=1, max_size=4),
    downloads=st.lists(download_histories(), max_size=2),
    api_keys=st.lists(key_histories(), max_size=2),
)
def test_a_rebuild_equals_live(
    shared_site: Site,
    histories: list[list[ExportEvent]],
    downloads: list[list[DownloadEvent]],
    api_keys: list[list[KeyEvent]],
) -> None:
    site = shared_site
    everything: list[Sequence[Event]] = [*histories, *downloads, *api_keys]
    for events in everything:
        site.record(events)
    for model in READ_MODELS.values():
        Projector(model, site.store, site.pool).catch_up()
        before = site.held(model)
        rebuild(model, site.store, site.pool)
        assert site.held(model) == before == site.owed(model)


def test_rows_that_were_pushed_out_of_memory_are_brought_back(site: Site) -> None:
    keys = [uuid4() for _ in range(9)]
    for version, event in enumerate(STAGED):
        for key in keys:
            site.store.append(key, version, [event])
    with site.pool.connection() as connection:
        table = Table(HISTORY, 2)
        table.create(connection)
        folding = Folding(table, connection, keep=4)
        while events := site.store.log(folding.position, 7):
            folding.add(events)
        folding.flush()
        with connection.transaction():
            held = {row.export_id: row for row in table.everything(connection)}
        assert held == site.owed(HISTORY)
    assert (folding.rows, folding.events) == (9, 72)


def test_events_that_come_during_rebuilds_are_applied_row_for_row(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild_module, "_BATCH", 40)
    projector = Projector(HISTORY, site.store, site.pool)
    done = threading.Event()

    def traffic() -> int:
        exports = 0
        while not done.is_set():
            key = uuid4()
            for version, event in enumerate(STAGED):
                site.store.append(key, version, [event])
                projector.refresh(key, version + 1)
            exports += 1
        return exports

    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(traffic) for _ in range(3)]
        try:
            built = [rebuild(HISTORY, site.store, site.pool).version for _ in range(4)]
        finally:
            done.set()
    assert built == [2, 3, 4, 5]
    assert all(each.result() for each in running)
    assert site.held(HISTORY) == site.owed(HISTORY)
    assert projector.lag(NOON).positions == 0


def test_what_the_live_table_took_just_before_the_switch_is_not_lost(site: Site) -> None:
    site.record(STAGED)

    def late(position: int, head: int) -> None:
        if site.live_version(HISTORY) == 1:
            site.record(STAGED)
            keep_up(site)

    rebuild(HISTORY, site.store, site.pool, late)
    assert site.held(HISTORY) == site.owed(HISTORY)
    assert len(site.held(HISTORY)) == 2


def test_a_reader_whose_table_is_dropped_before_it_asks_gets_the_new_ones_answer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = site.record(STAGED)

    def live_and_soon_dropped(*named: Any) -> Live:
        found = live(*named)
        if found.version == 1:
            rebuild(HISTORY, site.store, site.pool)
        return found

    monkeypatch.setattr(readers_module, "live", live_and_soon_dropped)
    assert HistoryReader(site.pool).get("acme", key) == site.owed(HISTORY)[key]


def test_readers_see_the_whole_table_all_through_switches(site: Site) -> None:
    for _ in range(20):
        site.record(STAGED)
    keep_up(site)
    reader, done = HistoryReader(site.pool), threading.Event()
    whole = {row.export_id: row for row in reader.page("acme", HistoryFilters(), None, 100)}
    assert len(whole) == 20

    def read() -> int:
        answers = 0
        while not done.is_set():
            page = reader.page("acme", HistoryFilters(), None, 100)
            assert {row.export_id: row for row in page} == whole
            answers += 1
        return answers

    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(read) for _ in range(3)]
        try:
            for _ in range(6):
                rebuild(HISTORY, site.store, site.pool)
        finally:
            done.set()
    assert all(each.result() for each in running)


def test_a_second_rebuild_at_the_same_time_is_refused(site: Site) -> None:
    site.record(STAGED)
    refusals: list[str] = []

    def again(position: int, head: int) -> None:
        with pytest.raises(RebuildRunning) as refused:
            rebuild(HISTORY, site.store, site.pool)
        refusals.append(str(refused.value))
        rebuild(DOWNLOADS, site.store, site.pool)

    rebuild(HISTORY, site.store, site.pool, again)
    assert refusals[0] == (
        "This read model is being rebuilt already. Wait until that rebuild has ended."
    )
    assert (site.live_version(HISTORY), site.live_version(DOWNLOADS)) == (2, 3)


def test_a_rebuild_killed_midway_leaves_the_live_table_and_the_next_one_cleans_up(
    site: Site,
) -> None:
    for _ in range(3):
        site.record(STAGED)
    keep_up(site)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_MIDWAY], env={**os.environ, "URL": site.url}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert (site.tables(HISTORY), site.live_version(HISTORY)) == ([1, 2], 1)
    key = site.record(STAGED)
    Projector(HISTORY, site.store, site.pool).refresh(key)
    assert site.held(HISTORY) == site.owed(HISTORY)
    _until_the_server_has_noticed(site)
    rebuild(HISTORY, site.store, site.pool)
    assert site.tables(HISTORY) == [site.live_version(HISTORY)]
    assert {version for version, _ in site.bookkeeping(HISTORY)} == {site.live_version(HISTORY)}
    assert site.held(HISTORY) == site.owed(HISTORY)


def test_a_store_that_goes_away_leaves_the_live_table(site: Site) -> None:
    site.record(STAGED)
    keep_up(site)
    with pytest.raises(StoreUnavailable):
        rebuild(HISTORY, _Failing(site.store), site.pool)
    assert site.live_version(HISTORY) == 1
    rebuild(HISTORY, site.store, site.pool)
    assert site.held(HISTORY) == site.owed(HISTORY)


def test_a_switch_that_cannot_have_its_turn_changes_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild_module, "_SWITCH_PATIENCE", "100ms")
    site.record(STAGED)
    keep_up(site)
    with psycopg.connect(site.url) as hanging:
        hanging.execute("SELECT pg_advisory_xact_lock_shared(7301011, hashtext('history'))")
        with pytest.raises(SwitchBlocked, match="hangs in a transaction"):
            rebuild(HISTORY, site.store, site.pool)
    assert site.live_version(HISTORY) == 1
    assert site.held(HISTORY) == site.owed(HISTORY)


def test_a_long_reader_of_the_old_table_delays_only_its_removal(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_module, "_DROP_PATIENCE", "100ms")
    site.record(STAGED)
    keep_up(site)
    with psycopg.connect(site.url) as backup:
        backup.execute("LOCK TABLE history_v1 IN ACCESS SHARE MODE")
        rebuild(HISTORY, site.store, site.pool)
        rebuild(HISTORY, site.store, site.pool)
        assert site.tables(HISTORY) == [1, 2, 3]
    rebuild(HISTORY, site.store, site.pool)
    assert site.tables(HISTORY) == [4]
    assert site.held(HISTORY) == site.owed(HISTORY)


def test_a_rebuild_makes_a_table_of_another_release_current(site: Site) -> None:
    key = site.record(STAGED)
    newer = replace(HISTORY, revision=2)
    rebuild(newer, site.store, site.pool)
    Projector(newer, site.store, site.pool).refresh(key)
    assert site.held(HISTORY) == site.owed(HISTORY)


_KILLED_MIDWAY = """
import os, signal
from infra.database import open_pool
from infra.projections import rebuild
from infra.store import EventStoreOnPostgresql
from projections.history import HISTORY

url = os.environ["URL"]
rebuild(HISTORY, EventStoreOnPostgresql(url), open_pool(url),
        lambda position, head: os.kill(os.getpid(), signal.SIGKILL))
"""


def _until_the_server_has_noticed(site: Site) -> None:
    """A killed client's lock ends with its connection, a moment later; so this one's must end with
    its statement."""
    with psycopg.connect(site.url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7301010, hashtext('history'))")


class _Failing:
    """A store whose log can't be read to its end."""

    def __init__(self, store: EventStoreOnPostgresql) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def log(self, after: int, limit: int) -> list[Recorded]:
        if after:
            raise StoreUnavailable
        return self._store.log(after, 3)

    def append(self, aggregate_id: UUID, after: int, events: Any) -> int:
        return self._store.append(aggregate_id, after, events)
