"""Which events had happened by a time. The clocks of the processes that recorded them differ, so an
event's own time can lie before that of one that it followed.

Within an aggregate, what came later in the log happened later, whatever its clock said: an event
has happened by a time when its own time, and those of all before it in its aggregate, have come.
So of each aggregate the longest beginning counts in which no event is later, and no read model ever
sees an event without those before it. Between aggregates times are compared as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.ports import Recorded

HORIZON = timedelta(days=1)
"""No clock is further behind than this: where a whole batch of the log lies beyond it, what follows
is not looked at any more."""


class Later(Protocol):
    """The aggregates that have gone on after the time. They can be more than fit in memory."""

    def among(self, aggregate_ids: Set[UUID]) -> Set[UUID]:
        """Those of these."""

    def add(self, aggregate_ids: Set[UUID]) -> None: ...


def happened(
    batches: Iterable[Sequence[Recorded]], until: datetime, later: Later
) -> Iterator[list[Recorded]]:
    """What of the log, which comes in batches and in its order, had happened by then."""
    for batch in batches:
        if all(each.event.at - until > HORIZON for each in batch):
            return
        yield _happened(batch, until, later)


def _happened(batch: Sequence[Recorded], until: datetime, later: Later) -> list[Recorded]:
    gone_on = set(later.among({each.aggregate_id for each in batch}))
    known = frozenset(gone_on)
    found = []
    for each in batch:
        if each.event.at > until:
            gone_on.add(each.aggregate_id)
        if each.aggregate_id not in gone_on:
            found.append(each)
    later.add(gone_on - known)
    return found
