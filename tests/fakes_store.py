"""An event store in memory that keeps the port's promises; the contract suite holds it to them.

Events go through the wire's encoding and back, as in a real store: what can't be written fails
here too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from threading import Condition
from uuid import UUID, uuid4

from domain.events import Event
from domain.ports import Recorded, StoreUnavailable, VersionConflict
from schemas.registry import decode, encode


class FakeEventStore:
    """`unavailable`: every call fails while it is set. Like PostgreSQL's, positions rise but have
    holes: an append that is refused uses some up."""

    def __init__(self) -> None:
        self.unavailable = False
        self._epoch = uuid4()
        self._log: list[Recorded] = []
        self._versions: defaultdict[UUID, list[Recorded]] = defaultdict(list)
        self._next = 1
        self._appended = Condition()

    def append(self, aggregate_id: UUID, after: int, events: Sequence[Event]) -> int:
        written = [encode(event) for event in events]
        with self._appended:
            self._check()
            first, self._next = self._next, self._next + len(events)
            history = self._versions[aggregate_id]
            if len(history) != after:
                raise VersionConflict(f"{aggregate_id} is not at version {after} any more")
            recorded = [
                Recorded(
                    position=first + offset,
                    aggregate_id=aggregate_id,
                    version=after + 1 + offset,
                    event=decode(name, payload),
                )
                for offset, (name, payload) in enumerate(written)
            ]
            history.extend(recorded)
            self._log.extend(recorded)
            self._appended.notify_all()
            return self._head()

    def read(self, aggregate_id: UUID, after: int = 0) -> list[Recorded]:
        with self._appended:
            self._check()
            return self._versions[aggregate_id][after:]

    def log(self, after: int, limit: int) -> list[Recorded]:
        with self._appended:
            self._check()
            start = bisect_right(self._log, after, key=_position)
            return self._log[start : start + limit]

    def head(self) -> int:
        with self._appended:
            self._check()
            return self._head()

    def epoch(self) -> UUID:
        self._check()
        return self._epoch

    def new_epoch(self) -> UUID:
        self._check()
        self._epoch = uuid4()
        return self._epoch

    def listen(self) -> FakeWakeups:
        return FakeWakeups(self, self._appended)

    def forget_after(self, position: int) -> None:
        """What a restored backup does: the newest events are gone, and a new epoch begins."""
        with self._appended:
            del self._log[bisect_right(self._log, position, key=_position) :]
            self._versions.clear()
            for recorded in self._log:
                self._versions[recorded.aggregate_id].append(recorded)
        self.new_epoch()

    def _head(self) -> int:
        return self._log[-1].position if self._log else 0

    def _check(self) -> None:
        if self.unavailable:
            raise StoreUnavailable


class FakeWakeups:
    """Rings for what was appended since the last wait."""

    def __init__(self, store: FakeEventStore, appended: Condition) -> None:
        self._store = store
        self._appended = appended
        self._seen = store._head()

    def wait(self, timeout: float) -> None:
        with self._appended:
            self._appended.wait_for(lambda: self._store._head() != self._seen, timeout)
            self._seen = self._store._head()

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> FakeWakeups:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _position(recorded: Recorded) -> int:
    return recorded.position
