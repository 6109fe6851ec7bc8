"""What had happened by a time, when the clocks of those who recorded it differ."""

from __future__ import annotations

from collections.abc import Set
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.exports.events import ExportExpired
from domain.ports import Recorded
from projections.as_of import HORIZON, happened
from tests.unit.projections.histories import NOON

ANNA, BEN = UUID(int=1), UUID(int=2)


class Remembered:
    def __init__(self) -> None:
        self.known: set[UUID] = set()

    def among(self, aggregate_ids: Set[UUID]) -> Set[UUID]:
        return self.known & aggregate_ids

    def add(self, aggregate_ids: Set[UUID]) -> None:
        self.known |= aggregate_ids


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def log(*events: tuple[UUID, float]) -> list[Recorded]:
    """Events of aggregates at seconds after noon, in the log's order."""
    seen: dict[UUID, int] = {}
    found = []
    for position, (key, second) in enumerate(events, 1):
        seen[key] = seen.get(key, 0) + 1
        event = ExportExpired(at=at(second))
        found.append(Recorded(position=position, aggregate_id=key, version=seen[key], event=event))
    return found


def by(until: float, *batches: list[Recorded]) -> list[int]:
    found = happened(batches, at(until), Remembered())
    return [each.position for batch in found for each in batch]


def test_an_event_has_happened_at_its_own_time() -> None:
    assert by(5, log((ANNA, 4), (ANNA, 5), (ANNA, 5.000001))) == [1, 2]


def test_any_time_can_be_asked_for() -> None:
    batches = [log((ANNA, 1))]
    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in (MINYEAR, MAXYEAR))
    assert list(happened(batches, first, Remembered())) == []
    assert list(happened(batches, last.replace(month=12, day=31), Remembered())) == batches


def test_nothing_has_happened_before_what_it_followed() -> None:
    """The second was recorded by a clock that is ahead, the third by one that isn't."""
    assert by(5, log((ANNA, 1), (ANNA, 60), (ANNA, 2))) == [1]
    assert by(60, log((ANNA, 1), (ANNA, 60), (ANNA, 2))) == [1, 2, 3]


def test_an_aggregate_that_has_gone_on_holds_up_no_other() -> None:
    assert by(5, log((ANNA, 60), (BEN, 1), (ANNA, 2), (BEN, 3))) == [2, 4]


def test_what_has_gone_on_is_remembered_over_batches() -> None:
    whole = log((ANNA, 60), (BEN, 1), (ANNA, 2), (BEN, 3))
    assert by(5, whole[:1], whole[1:3], whole[3:]) == [2, 4]


def test_what_lies_far_behind_the_time_is_not_looked_at() -> None:
    day = HORIZON.total_seconds()
    whole = log((ANNA, 1), (BEN, 6 + day), (BEN, 2))
    assert by(5, whole[:1], whole[1:2], whole[2:]) == [1]
    assert by(5, whole[:1], whole[1:]) == [1]
    late = log((ANNA, 1), (BEN, 5 + day), (ANNA, 2))
    assert by(5, late[:1], late[1:2], late[2:]) == [1, 3]


@given(
    events=st.lists(st.tuples(st.sampled_from([ANNA, BEN]), st.integers(0, 20)), max_size=20),
    until=st.integers(-1, 21),
    cuts=st.sets(st.integers(1, 19)),
)
def test_it_is_the_longest_beginning_of_each_aggregate_whose_monotonic_times_have_come(
    events: list[tuple[UUID, float]], until: int, cuts: set[int]
) -> None:
    whole = log(*events)
    places = sorted({0, *(cut for cut in cuts if cut < len(whole)), len(whole)})
    batches = [whole[a:b] for a, b in pairwise(places)]
    wanted = []
    latest: dict[UUID, datetime] = {}
    for each in whole:
        latest[each.aggregate_id] = max(latest.get(each.aggregate_id, NOON), each.event.at)
        if latest[each.aggregate_id] <= at(until):
            wanted.append(each.position)
    assert by(until, *batches) == wanted


@given(
    events=st.lists(st.tuples(st.sampled_from([ANNA, BEN]), st.integers(0, 20)), max_size=20),
    first=st.integers(-1, 21),
    second=st.integers(-1, 21),
)
def test_what_has_happened_stays_happened(
    events: list[tuple[UUID, float]], first: int, second: int
) -> None:
    whole = log(*events)
    early, late = sorted([first, second])
    assert set(by(early, whole)) <= set(by(late, whole))
