"""What people ask of the read models, answered by a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.downloads.decide import EndDownload, StartDownload
from domain.exports.commands import CancelExport, RequestExport
from domain.exports.state import Status
from domain.ports import StoreUnavailable
from infra.projections import DownloadsReader, HistoryReader, Projector
from projections.downloads import DOWNLOADS, Downloads
from projections.history import HISTORY, History, HistoryCursor, HistoryFilters
from tests.integration.read_models import Site, open_site
from tests.unit.projections.histories import (
    ANNA,
    NOON,
    download_events,
    export_events,
    granted,
    planned,
    requested,
    sheet,
)

ALL = HistoryFilters()


@pytest.fixture
def history(site: Site) -> History:
    return HistoryReader(site.pool)


def add(
    site: Site, request: RequestExport, *, key: UUID | None = None, cancelled: bool = False
) -> UUID:
    files = tuple(file.name for file in request.files)
    ending = [CancelExport(by=ANNA, at=request.at)] if cancelled else []
    made = site.record(export_events(request, planned(files), *ending), key)
    Projector(HISTORY, site.store, site.pool).refresh(made)
    return made


def found(history: History, filters: HistoryFilters) -> set[UUID]:
    rows = history.page("acme", filters, None, 100)
    assert sum(history.counts("acme", filters).values()) == len(rows)
    return {row.export_id for row in rows}


def test_pages_go_from_the_newest_to_the_oldest_and_meet_nothing_twice(
    site: Site, history: History
) -> None:
    for minute in (0, 1, 1, 1, 2, 3, 3):
        add(site, requested(at=NOON + timedelta(minutes=minute)))
    seen: list[HistoryCursor] = []
    after: HistoryCursor | None = None
    while page := history.page("acme", ALL, after, 2):
        seen += [(row.requested_at, row.export_id) for row in page]
        after = seen[-1]
    assert len(seen) == 7
    assert seen == sorted(seen, reverse=True)


def test_an_export_is_shown_as_the_pure_function_makes_it(site: Site, history: History) -> None:
    key = add(site, requested(("csv.gz", "ndjson")))
    row = history.get("acme", key)
    assert row == site.owed(HISTORY)[key]
    assert row is not None
    assert row.requested_at.tzinfo is UTC


def test_another_workspaces_exports_are_not_there(site: Site, history: History) -> None:
    key = add(site, requested(workspace="globex"))
    assert history.get("acme", key) is None
    assert history.page("acme", ALL, None, 10) == []
    assert history.counts("acme", ALL) == {}


def test_filters_hold_together(site: Site, history: History) -> None:
    bob = uuid4()
    plain = add(site, requested())
    cancelled = add(site, requested(at=NOON + timedelta(hours=1)), cancelled=True)
    bobs = add(site, replace(requested(), requested_by=bob, dataset="flights"))
    assert found(history, ALL) == {plain, cancelled, bobs}
    assert found(history, HistoryFilters(statuses=frozenset({Status.CANCELLED}))) == {cancelled}
    assert found(history, HistoryFilters(statuses=frozenset({Status.CANCELLED, Status.QUEUED})))
    assert found(history, HistoryFilters(requested_by=bob)) == {bobs}
    assert found(history, HistoryFilters(dataset="orders")) == {plain, cancelled}
    assert found(history, HistoryFilters(dataset="orders", requested_by=bob)) == set()
    assert found(history, HistoryFilters(dataset="towns")) == set()
    both = add(site, replace(requested(), sheets=(sheet("towns"), sheet("lands"))))
    assert found(history, HistoryFilters(dataset="towns")) == {both}
    assert found(history, HistoryFilters(dataset="lands", requested_by=bob)) == set()
    assert found(history, HistoryFilters(q="lands")) == {both}
    row = history.get("acme", both)
    assert row is not None
    assert row == site.owed(HISTORY)[both]
    assert [each.dataset for each in row.sheets] == ["towns", "lands"]


def test_a_time_leaves_what_is_before_and_behind_it(site: Site, history: History) -> None:
    plain = add(site, requested())
    cancelled = add(site, requested(at=NOON + timedelta(hours=1)), cancelled=True)
    bobs = add(site, requested())
    assert found(history, HistoryFilters(since=NOON + timedelta(hours=1))) == {cancelled}
    assert found(history, HistoryFilters(until=NOON + timedelta(hours=1))) == {plain, bobs}


def test_counts_are_by_status(site: Site, history: History) -> None:
    for cancelled in (True, False, False):
        add(site, requested(), cancelled=cancelled)
    assert history.counts("acme", ALL) == {Status.CANCELLED: 1, Status.QUEUED: 2}


def test_a_search_looks_in_dataset_sentence_files_and_the_beginning_of_ids(
    site: Site, history: History
) -> None:
    key = UUID("abcd1234-0000-4000-8000-00000000beef")
    add(site, requested(("csv.gz",)), key=key)
    other = add(site, requested(("ndjson",)), key=UUID(int=0))
    for q in ("ORDERS gz", "csv.gz", "abcd1234", str(key).upper(), "total CSV"):
        assert found(history, HistoryFilters(q=q)) == {key}, q
    for q in ("above 100", "ORD", "", "   "):
        assert found(history, HistoryFilters(q=q)) == {key, other}, q
    for q in ("beef", "abc", "orders parquet"):
        assert found(history, HistoryFilters(q=q)) == set(), q


@pytest.mark.parametrize(
    "q", ["\x00", "\ud800", "%", "_", "'; DROP TABLE history_v1; --", "{table}"]
)
def test_a_search_takes_any_text_literally(site: Site, history: History, q: str) -> None:
    add(site, requested())
    assert found(history, HistoryFilters(q=q)) == set()
    assert found(history, HistoryFilters(dataset=q)) == set()


def test_a_cursor_at_the_end_of_time_or_at_its_beginning_is_no_error(
    site: Site, history: History
) -> None:
    key = add(site, requested())
    last, first = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
    assert [row.export_id for row in history.page("acme", ALL, (last, key), 5)] == [key]
    assert history.page("acme", ALL, (first, key), 5) == []


def test_a_page_is_found_by_the_index_and_not_by_sorting(database_url: str) -> None:
    with open_site(database_url, connections=1) as site:
        plan = _plan_of_a_page(site)
    assert "Index Scan using history_v1_workspace_requested_at_export_id_idx" in plan
    assert "Sort" not in plan


def _plan_of_a_page(site: Site) -> str:
    """Of the reader's own statement, as the server ran it over the pool's only connection."""
    with site.pool.connection() as connection:
        connection.execute(
            "INSERT INTO history_v1 SELECT gen_random_uuid(), 'acme', gen_random_uuid(), NULL,"
            " 'orders', 'Orders', '[]', '', '[]', '[]', 'normal', false, false, NULL, NULL, NULL,"
            " 0, 0, NULL, NULL, NULL, NULL, 0, 0, 0, NULL, now() - n * interval '1 s', NULL, NULL,"
            " NULL, NULL, now(), 1, n, 'queued', 0, NULL, 0, 0, 0, 'orders'"
            " FROM generate_series(1, 20000) AS n"
        )
        connection.execute("ANALYZE history_v1")
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute("LOAD 'auto_explain'")
        connection.execute("SET auto_explain.log_min_duration = 0")
        connection.execute("SET client_min_messages = 'log'")
        plans: list[str] = []
        connection.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
    HistoryReader(site.pool).page("acme", ALL, (datetime.now(UTC), UUID(int=0)), 50)
    return next(each for each in plans if "LIMIT" in each)


def test_downloads_of_an_export_are_listed_newest_first_page_by_page(site: Site) -> None:
    downloads: Downloads = DownloadsReader(site.pool)
    export, projector = uuid4(), Projector(DOWNLOADS, site.store, site.pool)
    for minute in range(3):
        at = NOON + timedelta(minutes=minute)
        fetched = (StartDownload(first=0, length=9, at=at), EndDownload(number=1, sent=9, at=at))
        projector.refresh(site.record(download_events(granted(export, at), *fetched)))
    projector.refresh(site.record(download_events(granted(uuid4()))))
    first = downloads.of_export("acme", export, None, 2)
    assert [row.granted_at.minute for row in first] == [2, 1]
    assert all(row.complete for row in first)
    after = (first[-1].granted_at, first[-1].download_id)
    assert [row.granted_at for row in downloads.of_export("acme", export, after, 2)] == [NOON]
    assert downloads.of_export("globex", export, None, 2) == []


def test_a_database_that_is_away_is_said_so(site: Site, history: History) -> None:
    site.pool.close()
    with pytest.raises(StoreUnavailable):
        history.counts("acme", ALL)


def test_a_live_table_that_is_missing_for_good_is_no_endless_search(
    site: Site, history: History
) -> None:
    with site.pool.connection() as connection:
        connection.execute("DROP TABLE history_v1")
    with pytest.raises(StoreUnavailable):
        history.counts("acme", ALL)
