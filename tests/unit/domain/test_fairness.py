"""Free places are shared so that nobody waits for somebody else's huge export."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.fairness import Demand, share

_START = datetime(2026, 1, 1, tzinfo=UTC)


def _demand(number: int, ready: int, taken: int = 0, **more: object) -> Demand:
    values = {"workspace": "a", "weight": 4, "since": _START + timedelta(seconds=number)} | more
    return Demand(export_id=UUID(int=number), ready=ready, taken=taken, **values)  # type: ignore[arg-type]


def test_a_small_export_is_served_before_a_huge_one_gets_more() -> None:
    huge, small = _demand(1, ready=1000, taken=8), _demand(2, ready=1)
    assert share([huge, small], 1) == {UUID(int=2): 1}


def test_equal_exports_get_equal_shares() -> None:
    given_out = share([_demand(1, ready=100), _demand(2, ready=100)], 10)
    assert given_out == {UUID(int=1): 5, UUID(int=2): 5}


def test_a_high_priority_gets_its_weight_more() -> None:
    urgent, normal = _demand(1, ready=100, weight=16), _demand(2, ready=100, weight=4)
    given_out = share([urgent, normal], 20)
    assert given_out[UUID(int=1)] == 4 * given_out[UUID(int=2)]


def test_many_exports_of_one_workspace_do_not_push_another_aside() -> None:
    many = [_demand(number, ready=10) for number in range(1, 10)]
    one = _demand(10, ready=10, workspace="b")
    assert share([*many, one], 10)[UUID(int=10)] == 5


def test_work_under_way_counts_against_its_workspace() -> None:
    busy = _demand(1, ready=0, taken=5)
    demands = [busy, _demand(2, ready=5), _demand(3, ready=5, workspace="b")]
    assert share(demands, 5) == {UUID(int=3): 5}


def test_the_one_who_waits_longest_comes_first_among_equals() -> None:
    assert share([_demand(2, ready=1), _demand(1, ready=1)], 1) == {UUID(int=1): 1}


@st.composite
def _demands(draw: st.DrawFn) -> list[Demand]:
    return [
        _demand(
            number,
            ready=draw(st.integers(0, 30)),
            taken=draw(st.integers(0, 30)),
            weight=draw(st.sampled_from([1, 4, 16])),
            workspace=draw(st.sampled_from(["a", "b", "c"])),
        )
        for number in range(draw(st.integers(0, 12)))
    ]


@given(_demands(), st.integers(0, 50))
def test_no_place_is_wasted_and_none_is_invented(demands: list[Demand], room: int) -> None:
    given_out = share(demands, room)
    ready = {demand.export_id: demand.ready for demand in demands}
    assert sum(given_out.values()) == min(room, sum(ready.values()))
    assert all(0 < count <= ready[export_id] for export_id, count in given_out.items())
