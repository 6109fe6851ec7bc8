"""A process notices that the event store began another life."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.ports import StoreUnavailable
from infra.streams import life as module
from infra.streams.consumers import EpochChanged
from infra.streams.life import Life


class FakeEpochs:
    def __init__(self) -> None:
        self.now = uuid4()
        self.away = False

    def epoch(self) -> UUID:
        if self.away:
            raise StoreUnavailable
        return self.now


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_EVERY", -1.0)


def test_the_same_life_is_no_failure() -> None:
    assert Life(FakeEpochs()).failure() is None


def test_another_life_is_one_and_stays_one() -> None:
    epochs = FakeEpochs()
    life = Life(epochs)
    first, epochs.now = epochs.now, uuid4()
    assert isinstance(life.failure(), EpochChanged)
    epochs.now = first
    assert "waybill new-epoch" in str(life.failure())


def test_a_store_that_is_away_has_not_changed() -> None:
    epochs = FakeEpochs()
    life = Life(epochs)
    epochs.away = True
    assert life.failure() is None


def test_it_asks_the_store_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_EVERY", 60.0)
    epochs = FakeEpochs()
    life = Life(epochs)
    epochs.now = uuid4()
    assert life.failure() is None
