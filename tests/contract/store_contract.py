"""What every event store must keep, whoever it is."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from threading import Event as Flag
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.events import Event
from domain.exports.decide import decide
from domain.exports.events import ExportPaused, ExportResumed
from domain.exports.state import Status
from domain.ledger import open_downloads, open_exports
from domain.ports import EventStore, Recorded, VersionConflict
from tests.export_commands import AT, SOMEBODY, cancel, grant, pause, request, start_download

PAUSED = ExportPaused(paused_by=SOMEBODY, at=AT)
RESUMED = ExportResumed(resumed_by=SOMEBODY, at=AT)
(REQUESTED,) = decide(request(), None)


class StoreContract:
    """A test class inherits this and has a fixture `store`."""

    def test_an_empty_store_has_no_events_and_head_0(self, store: EventStore) -> None:
        assert store.head() == 0
        assert store.log(0, 10) == []
        assert store.read(uuid4()) == []

    def test_what_was_appended_is_read_back_in_order(self, store: EventStore) -> None:
        export = uuid4()
        last = store.append(export, 0, [REQUESTED, PAUSED])
        assert store.append(export, 2, [RESUMED]) > last
        assert _versions(store.read(export)) == [(1, REQUESTED), (2, PAUSED), (3, RESUMED)]
        assert _versions(store.read(export, after=2)) == [(3, RESUMED)]
        assert store.read(export, after=3) == []

    def test_append_returns_the_position_of_the_last_event(self, store: EventStore) -> None:
        position = store.append(uuid4(), 0, [REQUESTED, PAUSED])
        assert store.head() == position == store.log(0, 10)[-1].position

    def test_appending_nothing_changes_nothing(self, store: EventStore) -> None:
        head = store.append(uuid4(), 0, [REQUESTED])
        assert store.append(uuid4(), 0, []) == head == store.head()

    def test_a_version_that_is_taken_is_refused(self, store: EventStore) -> None:
        export = uuid4()
        store.append(export, 0, [REQUESTED, PAUSED])
        for after in (0, 1):
            with pytest.raises(VersionConflict, match=str(export)):
                store.append(export, after, [RESUMED])
        assert [recorded.version for recorded in store.read(export)] == [1, 2]

    def test_a_version_that_would_leave_a_hole_is_refused(self, store: EventStore) -> None:
        export = uuid4()
        store.append(export, 0, [REQUESTED])
        for after in (2, 7):
            with pytest.raises(VersionConflict):
                store.append(export, after, [PAUSED])
        with pytest.raises(VersionConflict):
            store.append(uuid4(), 1, [PAUSED])
        assert store.log(0, 10) == store.read(export)

    def test_a_refused_append_stores_none_of_its_events(self, store: EventStore) -> None:
        export = uuid4()
        store.append(export, 0, [REQUESTED])
        with pytest.raises(VersionConflict):
            store.append(export, 0, [PAUSED, RESUMED])
        assert len(store.log(0, 10)) == 1
        store.append(export, 1, [PAUSED])
        assert [recorded.event for recorded in store.log(0, 10)] == [REQUESTED, PAUSED]

    def test_the_log_holds_all_aggregates_by_rising_positions(self, store: EventStore) -> None:
        first, second = uuid4(), uuid4()
        store.append(first, 0, [REQUESTED])
        store.append(second, 0, [REQUESTED, PAUSED])
        store.append(first, 1, [PAUSED])
        log = store.log(0, 10)
        assert [(recorded.aggregate_id, recorded.version) for recorded in log] == [
            (first, 1),
            (second, 1),
            (second, 2),
            (first, 2),
        ]
        positions = [recorded.position for recorded in log]
        assert positions == sorted(set(positions))
        assert store.read(first) == [log[0], log[3]]

    def test_the_log_is_read_in_pages(self, store: EventStore) -> None:
        for _ in range(5):
            store.append(uuid4(), 0, [REQUESTED, PAUSED])
        assert _tail(store, page=3) == store.log(0, 100)
        assert len(store.log(0, 3)) == 3
        assert store.log(store.head(), 10) == []

    def test_the_epoch_stays_until_another_life_begins(self, store: EventStore) -> None:
        epoch = store.epoch()
        store.append(uuid4(), 0, [REQUESTED])
        assert store.epoch() == epoch
        another = store.new_epoch()  # type: ignore[attr-defined] # restoring is no port of the domain
        assert another != epoch
        assert store.epoch() == another

    def test_a_huge_payload_comes_back(self, store: EventStore) -> None:
        wide = _requested(filter={"in": ["x" * 100] * 100_000})
        export = uuid4()
        store.append(export, 0, [wide])
        assert store.read(export)[0].event == wide

    @pytest.mark.parametrize(
        "text", ["ümläut", "日本語", "🧾\N{ZERO WIDTH JOINER}", "\0\x01\x1f", "'\"\\;--", "\ufeff"]
    )
    def test_any_text_comes_back(self, store: EventStore, text: str) -> None:
        event = _requested(dataset=text, filter={text: [text]}, files=(text,))
        export = uuid4()
        store.append(export, 0, [event])
        assert store.read(export)[0].event == event

    def test_numbers_and_times_come_back_exactly(self, store: EventStore) -> None:
        event = _requested(
            limit=2**63 - 1,
            filter={"=": [-(2**63), 0.1, True, None]},
            at=datetime.max.replace(tzinfo=UTC),
        )
        export = uuid4()
        store.append(export, 0, [event])
        assert store.read(export)[0].event == event

    def test_of_many_writers_of_one_version_one_wins(self, store: EventStore) -> None:
        export = uuid4()
        store.append(export, 0, [REQUESTED])

        def write(_: int) -> bool:
            try:
                store.append(export, 1, [PAUSED])
            except VersionConflict:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(write, range(16))) == 1
        assert [recorded.version for recorded in store.read(export)] == [1, 2]

    def test_who_tails_the_log_misses_nothing_while_others_write(self, store: EventStore) -> None:
        finished = Flag()
        with ThreadPoolExecutor(5) as threads:
            tail = threads.submit(_tail_until, store, finished)
            writers = [threads.submit(_write, store, appends=60) for _ in range(4)]
            wait(writers)
            finished.set()
            seen = tail.result()
        assert seen == store.log(0, 10_000)
        assert Counter(recorded.aggregate_id for recorded in seen) == {
            writer.result(): 1 + 60 // 3 * (1 + 2 + 3) for writer in writers
        }

    def test_an_append_wakes_who_listens(self, store: EventStore) -> None:
        with store.listen() as wakeups:  # type: ignore[attr-defined] # waking is no promise of the port
            wakeups.wait(0)
            store.append(uuid4(), 0, [REQUESTED])
            assert _seconds(lambda: wakeups.wait(20)) < 10

    def test_who_listens_wakes_without_an_append_too(self, store: EventStore) -> None:
        with store.listen() as wakeups:  # type: ignore[attr-defined] # waking is no promise of the port
            wakeups.wait(0)
            assert 0.2 <= _seconds(lambda: wakeups.wait(0.2)) < 10


class LedgerContract:
    """Deciding against a store; a test class inherits this and has a fixture `store`."""

    def test_commands_of_many_writers_are_decided_one_after_the_other(
        self, store: EventStore
    ) -> None:
        downloads = open_downloads(store)
        download_id = uuid4()
        downloads.execute(download_id, grant())
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda _: downloads.execute(download_id, start_download()), range(24)))
        download = open_downloads(store).load(download_id).state
        assert download is not None
        assert sorted(download.started) == list(range(1, 25))

    def test_two_ledgers_see_what_the_other_one_did(self, store: EventStore) -> None:
        mine, theirs = open_exports(store), open_exports(store)
        export = uuid4()
        mine.execute(export, request())
        theirs.execute(export, pause())
        mine.execute(export, cancel())
        known = theirs.load(export)
        assert known.state is not None
        assert (known.state.status, known.version) == (Status.CANCELLED, 3)

    def test_a_request_that_is_repeated_is_stored_once(self, store: EventStore) -> None:
        export = uuid4()
        with ThreadPoolExecutor(6) as threads:
            done = threads.map(lambda _: open_exports(store).execute(export, request()), range(12))
            assert sorted(map(len, done)) == [0] * 11 + [1]
        assert len(store.read(export)) == 1


def _requested(**changes: Any) -> Event:
    (event,) = decide(request(**changes), None)
    return event


def _versions(recorded: list[Recorded]) -> list[tuple[int, Event]]:
    return [(one.version, one.event) for one in recorded]


def _tail(store: EventStore, page: int, after: int = 0) -> list[Recorded]:
    seen: list[Recorded] = []
    while found := store.log(seen[-1].position if seen else after, page):
        seen.extend(found)
    return seen


def _tail_until(store: EventStore, finished: Flag) -> list[Recorded]:
    """As the relay does: always on from the last position seen, never back."""
    seen: list[Recorded] = []
    last = False
    while not last:
        last = finished.is_set()  # what was written before that is read once more
        seen.extend(_tail(store, page=7, after=seen[-1].position if seen else 0))
    return seen


def _write(store: EventStore, appends: int) -> UUID:
    export = uuid4()
    version = 1
    store.append(export, 0, [REQUESTED])
    for number in range(appends):
        events = [PAUSED] * (1 + number % 3)
        store.append(export, version, events)
        version += len(events)
    return export


def _seconds(call: Callable[[], object]) -> float:
    start = time.monotonic()
    call()
    return time.monotonic() - start
