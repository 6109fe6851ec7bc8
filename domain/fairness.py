"""Who gets the next free place: the export that has the least of what its weight entitles it to,
in the workspace that has the least. So one huge export never holds up a small one."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One export's jobs: `ready` wait for a place, `taken` have one."""

    export_id: UUID
    workspace: str
    weight: int
    ready: int
    taken: int
    since: datetime


def share(demands: Iterable[Demand], room: int) -> dict[UUID, int]:
    """How many of each export's ready jobs get one of `room` free places.

    Places go one by one: first to the workspace with the fewest, in it to the export with the
    fewest for its weight, and among equals to the one that waits longest."""
    every = list(demands)
    waiting = [demand for demand in every if demand.ready > 0]
    used: Counter[str] = Counter()
    for demand in every:
        used[demand.workspace] += demand.taken
    given: Counter[UUID] = Counter()
    by_workspace: dict[str, list[tuple[float, datetime, int, Demand]]] = {}
    for order, demand in enumerate(waiting):
        entry = (demand.taken / demand.weight, demand.since, order, demand)
        by_workspace.setdefault(demand.workspace, []).append(entry)
    for queue in by_workspace.values():
        heapq.heapify(queue)
    round_ = [(used[name], queue[0][1], name) for name, queue in by_workspace.items()]
    heapq.heapify(round_)
    while room > 0 and round_:
        taken, _, name = heapq.heappop(round_)
        queue = by_workspace[name]
        _, since, order, demand = heapq.heappop(queue)
        given[demand.export_id] += 1
        room -= 1
        if given[demand.export_id] < demand.ready:
            now = demand.taken + given[demand.export_id]
            heapq.heappush(queue, (now / demand.weight, since, order, demand))
        if queue:
            heapq.heappush(round_, (taken + 1, queue[0][1], name))
    return dict(given)
