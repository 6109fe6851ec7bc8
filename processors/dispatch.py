"""Releases work to the workers as they have room, shared fairly, so that the queue on the
transport stays shallow: a small export never waits behind a huge one, and a cancelled export has
little under way."""

from __future__ import annotations

from collections.abc import Mapping

from domain.fairness import share
from domain.leases import Lane, Share, Work, Workforce
from domain.streams import Jobs
from processors import metrics

SMALL_PLACES = 2
"""Extractions, and as many assemblies, that each worker keeps for small exports, beside those for
all others."""


def assemblies(renders: int) -> int:
    """How many large files a worker with so many processes for rendering puts together at once."""
    return (renders + 1) // 2


def dispatch(work: Work, jobs: Jobs) -> int:
    """One round; returns how many jobs were released. A release that is lost runs out and is made
    again, so nothing is recorded beyond the row itself."""
    room = _room(work.workforce())
    if not room:
        return 0
    demands = work.demands(room.keys())
    shares = [
        Share(lane=lane, export_id=export_id, count=count)
        for lane, waiting in demands.items()
        for export_id, count in share(waiting, room[lane]).items()
    ]
    taken = work.take(shares)
    for job in taken:
        jobs.release(job)
    for each in shares:
        metrics.released.labels(each.lane).inc(each.count)
    return len(taken)


def _room(force: Workforce) -> Mapping[Lane, int]:
    """Free places by lane. Twice the renders, so that a worker that ends one job has its next one
    there already."""
    places = {
        Lane.EXTRACT: force.extractions,
        Lane.EXTRACT_SMALL: SMALL_PLACES * force.workers,
        Lane.RENDER: 2 * force.renders,
        Lane.ASSEMBLE: assemblies(force.renders),
        Lane.ASSEMBLE_SMALL: SMALL_PLACES * force.workers,
    }
    free = {lane: places[lane] - force.taken.get(lane, 0) for lane in Lane}
    return {lane: count for lane, count in free.items() if count > 0}
