"""Faults strike where and when they are asked to, and nowhere else."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from processors import fault_points as module
from processors.fault_points import (
    Fault,
    FaultRaised,
    Faults,
    FaultsInvalid,
    Point,
    faults_of,
    parse_faults,
    reach,
)


def test_faults_are_named_by_point_action_and_hit() -> None:
    assert parse_faults("part-put:kill:2, claim:raise") == (
        Fault(point=Point.PART_PUT, action="kill", hit=2),
        Fault(point=Point.CLAIM, action="raise", hit=1),
    )
    assert parse_faults("") == ()


@pytest.mark.parametrize("text", ["nowhere:kill", "claim", "claim:explode", "claim:kill:often"])
def test_what_is_no_fault_is_refused_in_words(text: str) -> None:
    with pytest.raises(FaultsInvalid, match="point:action"):
        parse_faults(text)


def test_a_fault_strikes_at_its_hit_and_once() -> None:
    faults = Faults(parse_faults("claim:raise:2"))
    faults.reach(Point.CLAIM)
    faults.reach(Point.DONE)
    with pytest.raises(FaultRaised):
        faults.reach(Point.CLAIM)
    faults.reach(Point.CLAIM)


def test_a_fault_strikes_once_over_all_processes_if_it_should(tmp_path: Path) -> None:
    environment = {"WAYBILL_FAULTS": "claim:raise", "WAYBILL_FAULTS_ONCE": str(tmp_path)}
    first, second = faults_of(environment), faults_of(environment)
    assert first
    assert second
    with pytest.raises(FaultRaised):
        first.reach(Point.CLAIM)
    second.reach(Point.CLAIM)


def test_what_is_reached_can_be_counted_over_all_processes(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    environment = {"WAYBILL_FAULTS_TRACE": str(trace)}
    for process in (faults_of(environment), faults_of(environment)):
        assert process
        process.reach(Point.PART_PUT)
    assert trace.read_text() == f"part-put {os.getpid()}\n" * 2


def test_nothing_is_armed_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_of({}) is None
    monkeypatch.setattr(module, "_armed", None)
    for point in Point:
        reach(point)
    monkeypatch.setattr(module, "_armed", Faults(parse_faults("done:raise")))
    with pytest.raises(FaultRaised):
        reach(Point.DONE)


def test_killing_is_a_signal_to_the_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr("os.kill", lambda *args: sent.append(args))
    Faults(parse_faults("claim:kill")).reach(Point.CLAIM)
    assert sent == [(os.getpid(), signal.SIGKILL)]


def test_pausing_is_a_signal_to_the_own_thread_so_that_it_goes_no_step_further(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr("signal.pthread_kill", lambda *args: sent.append(args))
    Faults(parse_faults("claim:pause")).reach(Point.CLAIM)
    assert sent == [(threading.get_ident(), signal.SIGSTOP)]
