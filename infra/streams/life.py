"""A process's look at whether the event store still lives the life that it has begun with: one that
consumes nothing, or nothing now, would not notice otherwise."""

from __future__ import annotations

import time
from typing import Protocol
from uuid import UUID

from domain.ports import StoreUnavailable
from infra.streams.consumers import EpochChanged

_LOOK_EVERY = 2.0  # seconds


class Epochs(Protocol):
    def epoch(self) -> UUID: ...


class Life:
    """`failure` may be asked at any time: it looks now and then. A store that is away has not
    changed."""

    def __init__(self, store: Epochs, consumer: str = "this process") -> None:
        self._store, self._consumer = store, consumer
        self._epoch = store.epoch()
        self._looked_at = time.monotonic()
        self._failure: EpochChanged | None = None

    def failure(self) -> EpochChanged | None:
        if time.monotonic() > self._looked_at + _LOOK_EVERY:
            self._looked_at = time.monotonic()
            self._look()
        return self._failure

    def _look(self) -> None:
        try:
            if self._store.epoch() != self._epoch:
                self._failure = EpochChanged(self._consumer)
        except StoreUnavailable:
            return
