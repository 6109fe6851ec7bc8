"""What is waited out and what is given up."""

from __future__ import annotations

from threading import Event, Timer

import psycopg
import pytest

from domain.ports import FilesFull, FilesUnavailable, StoreUnavailable, VersionConflict
from infra.projections.tables import ReadModelOutdated
from infra.streams.kafka.producer import KafkaUnavailable
from infra.streams.patience import Interrupted, Patience, is_outage, outlast

QUICK = Patience(first=0.001, outage=0.002)


class Flaky:
    """Fails so many times, then answers."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return "done"


@pytest.mark.parametrize(
    "error",
    [
        StoreUnavailable(),
        VersionConflict(),
        FilesUnavailable(),
        KafkaUnavailable(),
        ReadModelOutdated("history"),
        psycopg.OperationalError(),
        psycopg.errors.DeadlockDetected(),
    ],
)
def test_what_may_pass_by_itself_is_an_outage(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        FilesFull(),
        psycopg.DataError(),
        psycopg.errors.ProgramLimitExceeded(),
    ],
)
def test_what_waiting_does_not_cure_is_none(error: Exception) -> None:
    assert not is_outage(error)


def test_an_outage_is_waited_out_beyond_any_count_of_tries() -> None:
    action = Flaky(50, StoreUnavailable())
    assert outlast(action, patience=QUICK, stopping=Event(), what="it") == "done"
    assert action.calls == 51


def test_another_error_comes_through_at_once() -> None:
    action = Flaky(1, ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        outlast(action, patience=QUICK, stopping=Event(), what="it")
    assert action.calls == 1


def test_a_stop_ends_the_waiting() -> None:
    stopping = Event()
    action = Flaky(10**9, StoreUnavailable())
    Timer(0.05, stopping.set).start()
    with pytest.raises(Interrupted):
        outlast(action, patience=Patience(first=30, outage=30), stopping=stopping, what="it")
    assert action.calls == 1


def test_pauses_double_up_to_a_limit() -> None:
    patience = Patience()
    assert [patience.before_try(number) for number in range(1, 7)] == [
        0.1,
        0.2,
        0.4,
        0.8,
        1.6,
        2.0,
    ]
    assert patience.in_outage(10_000) == 5.0
