"""Parked events in memory."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from domain.streams import Envelope
from infra.streams.failures import Failure


class FakeParking:
    """Keeps what `infra.streams.parking.Parking` promises. `failing` is raised by every call as
    long as it holds errors."""

    def __init__(self) -> None:
        self.lists: dict[tuple[str, UUID], dict[int, Envelope]] = {}
        self.failures: list[Failure] = []
        self.failing: list[Exception] = []

    def is_parked(self, subscription: str, aggregate_id: UUID) -> bool:
        self._check()
        return bool(self.lists.get((subscription, aggregate_id)))

    def park(self, subscription: str, envelope: Envelope, failure: Failure) -> None:
        self._check()
        self.failures.append(failure)
        self._add(subscription, envelope)

    def park_behind(self, subscription: str, envelope: Envelope) -> bool:
        self._check()
        if not self.lists.get((subscription, envelope.aggregate_id)):
            return False
        self._add(subscription, envelope)
        return True

    def release(
        self, subscription: str, aggregate_id: UUID, handle: Callable[[Envelope], None]
    ) -> bool:
        waiting = self.lists.get((subscription, aggregate_id))
        if not waiting:
            return False
        first = min(waiting)
        handle(waiting[first])
        del waiting[first]
        return True

    def _add(self, subscription: str, envelope: Envelope) -> None:
        waiting = self.lists.setdefault((subscription, envelope.aggregate_id), {})
        waiting.setdefault(envelope.position, envelope)

    def _check(self) -> None:
        if self.failing:
            raise self.failing.pop()
