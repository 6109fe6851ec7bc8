"""Releases work to the workers as they have room, shared fairly, so that the queue on the
transport stays shallow: a small export never waits behind a huge one, and a cancelled export has
little under way."""

from __future__ import annotations

from collections.abc import Sequence

from domain.fairness import share
from domain.leases import Work
from domain.streams import JobKind, Jobs

SMALL_PLACES = 2
"""Extractions that each worker keeps for small exports, beside those for all others."""

_RENDERS = (JobKind.RENDER, JobKind.ASSEMBLE)
_EXTRACTS = (JobKind.EXTRACT,)


def dispatch(work: Work, jobs: Jobs) -> int:
    """One round; returns how many jobs were released. A release that is lost runs out and is made
    again, so nothing is recorded beyond the row itself."""
    room = work.room()
    return (
        _release(work, jobs, _RENDERS, None, room.renders)
        + _release(work, jobs, _EXTRACTS, True, room.small)
        + _release(work, jobs, _EXTRACTS, False, room.extractions)
    )


def _release(
    work: Work, jobs: Jobs, kinds: Sequence[JobKind], small: bool | None, room: int
) -> int:
    if room <= 0:
        return 0
    released = 0
    for export_id, count in share(work.demands(kinds, small=small), room).items():
        for job in work.take(export_id, kinds, count, small=small):
            jobs.release(job)
            released += 1
    return released
