"""Deciding against a store that others write to as well."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from domain.downloads.decide import decide as decide_download
from domain.events import Event
from domain.exports.decide import decide as decide_export
from domain.exports.errors import AttemptSuperseded, ExportUnknown
from domain.exports.state import Status, evolve
from domain.ledger import CONFLICTS, Exports, Known, Ledger, open_downloads, open_exports
from domain.ports import Recorded, StoreUnavailable, VersionConflict
from tests.export_commands import (
    EXPORT,
    FILES,
    assemble,
    cancel,
    extraction,
    grant,
    pause,
    plan,
    render,
    renders,
    request,
    resume,
    stage,
    start,
    start_download,
    whole_life,
)
from tests.fakes_store import FakeEventStore


class CountingStore(FakeEventStore):
    """Notes what was read, and lets somebody else be first at the next appends."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[UUID, int]] = []
        self.others: list[Event] = []

    def read(self, aggregate_id: UUID, after: int = 0) -> list[Recorded]:
        self.reads.append((aggregate_id, after))
        return super().read(aggregate_id, after)

    def append(self, aggregate_id: UUID, after: int, events: Sequence[Event]) -> int:
        if self.others:
            super().append(aggregate_id, after, [self.others.pop(0)])
        return super().append(aggregate_id, after, events)


def test_what_does_not_exist_has_no_state_and_version_0() -> None:
    assert open_exports(FakeEventStore()).load(EXPORT) == Known(state=None, version=0)


def test_a_command_is_stored_before_its_facts_are_returned() -> None:
    store = FakeEventStore()
    facts = open_exports(store).execute(EXPORT, request())
    assert [recorded.event for recorded in store.read(EXPORT)] == facts


def test_several_commands_are_one_append() -> None:
    store = FakeEventStore()
    exports = open_exports(store)
    exports.execute(EXPORT, *whole_life())
    assert exports.load(EXPORT).version == len(store.read(EXPORT)) == len(store.log(0, 100))
    assert exports.load(EXPORT).state == open_exports(store).load(EXPORT).state


def test_of_several_commands_all_count_or_none() -> None:
    store = FakeEventStore()
    with pytest.raises(AttemptSuperseded):
        open_exports(store).execute(EXPORT, request(), plan(), start(2))
    assert store.read(EXPORT) == []


def test_what_is_no_new_fact_is_not_stored() -> None:
    store = FakeEventStore()
    exports = open_exports(store)
    exports.execute(EXPORT, request())
    assert exports.execute(EXPORT, request()) == []
    assert len(store.read(EXPORT)) == 1


def test_the_rules_errors_come_through() -> None:
    with pytest.raises(ExportUnknown):
        open_exports(FakeEventStore()).execute(EXPORT, cancel())


def test_a_store_that_is_gone_is_said_to_the_caller_and_changes_nothing() -> None:
    store = FakeEventStore()
    exports = open_exports(store)
    exports.execute(EXPORT, request())
    store.unavailable = True
    with pytest.raises(StoreUnavailable):
        exports.execute(EXPORT, cancel())
    store.unavailable = False
    assert exports.load(EXPORT).version == 1


def test_a_command_is_decided_again_when_somebody_else_was_first() -> None:
    store = CountingStore()
    exports = open_exports(store)
    exports.execute(EXPORT, request(), plan(), start())
    (cancelled,) = decide_export(cancel(), exports.load(EXPORT).state)
    store.others = [cancelled]
    assert exports.execute(EXPORT, cancel()) == []
    assert exports.load(EXPORT).version == 4


def test_a_command_that_is_overtaken_for_ever_gives_up() -> None:
    store = CountingStore()
    downloads = open_downloads(store)
    downloads.execute(EXPORT, grant())
    (started,) = decide_download(start_download(), downloads.load(EXPORT).state)
    store.others = [started] * (CONFLICTS + 1)
    with pytest.raises(VersionConflict, match="faster than it can be decided"):
        downloads.execute(EXPORT, start_download())


def test_only_what_is_new_is_read() -> None:
    store = CountingStore()
    exports = open_exports(store)
    exports.execute(EXPORT, *whole_life())
    version = exports.load(EXPORT).version
    store.reads.clear()
    exports.load(EXPORT)
    assert store.reads == [(EXPORT, version)]


def test_what_was_not_used_for_long_is_forgotten_and_read_again() -> None:
    store = CountingStore()
    exports: Exports = Ledger(store, decide_export, evolve, remember=2)
    first, second, third = uuid4(), uuid4(), uuid4()
    for export in (first, second, first, third):
        exports.execute(export, request())
    store.reads.clear()
    for export in (first, second):
        exports.load(export)
    assert store.reads == [(first, 1), (second, 0)]


def test_what_a_restored_store_forgot_is_never_written_over() -> None:
    store = FakeEventStore()
    exports = open_exports(store)
    exports.execute(EXPORT, request(), plan(), pause())
    store.forget_after(1)
    with pytest.raises(VersionConflict):
        exports.execute(EXPORT, resume())
    assert len(store.read(EXPORT)) == 1


def test_workers_that_report_at_the_same_time_lose_nothing() -> None:
    store = FakeEventStore()
    exports = open_exports(store)
    exports.execute(EXPORT, request(), plan(), *extraction(chunks=40))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda chunk: exports.execute(EXPORT, chunk), renders(chunks=40)))
    exports.execute(EXPORT, *(assemble(file) for file in FILES))
    state = open_exports(store).load(EXPORT).state
    assert state is not None
    assert state.status is Status.COMPLETED
    versions = [recorded.version for recorded in store.read(EXPORT)]
    assert versions == list(range(1, len(versions) + 1))


def test_of_two_processes_that_start_the_same_attempt_one_is_refused() -> None:
    store = FakeEventStore()
    open_exports(store).execute(EXPORT, request(), plan())

    def begin(_: int) -> bool:
        try:
            open_exports(store).execute(EXPORT, start())
        except AttemptSuperseded:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(begin, range(8))) == 1


def test_a_ledger_that_lagged_behind_catches_up_before_it_decides() -> None:
    store = FakeEventStore()
    ours, theirs = open_exports(store), open_exports(store)
    ours.execute(EXPORT, request(), plan(), start(), stage(0))
    theirs.load(EXPORT)
    ours.execute(EXPORT, render(0))
    assert theirs.execute(EXPORT, render(0)) == []
