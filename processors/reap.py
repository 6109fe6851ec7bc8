"""Sees to it that every export ends: work whose worker died is released again, work that keeps
killing its workers fails its export, and an export that nothing is heard of is looked at again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.exports.commands import FailExport
from domain.exports.failures import Reason
from processors.plan_exports import plan_export
from processors.ports import Ports
from processors.queue_work import queue_work

TRIES = 5
"""How many workers may die at one job before its export fails."""
_QUIET_SECONDS = 30.0


def reap(ports: Ports) -> int:
    """One round; returns how many leases had run out."""
    lost = ports.work.recover()
    for held in lost:
        if held.tries >= TRIES:
            _fail(held.job.export_id, Reason.WORKERS_LOST, ports)
    for export_id in ports.work.idle_exports(_QUIET_SECONDS):
        look_again(export_id, ports)
    if lost:
        ports.wake()
    return len(lost)


def look_again(export_id: UUID, ports: Ports) -> None:
    """Whatever message was lost, the export's state says what is missing."""
    export = ports.exports.load(export_id).state
    if export is None:
        return
    still = ports.clock() - export.changed_at
    if not export.ended and not export.paused and still > _patience(ports):
        _fail(export_id, Reason.STALLED, ports)
    plan_export(export_id, ports)
    queue_work(export_id, ports)


def _patience(ports: Ports) -> timedelta:
    return timedelta(seconds=ports.limits.stalled_seconds)


def _fail(export_id: UUID, reason: Reason, ports: Ports) -> None:
    failure = FailExport(reason=reason, detail=None, attempt=None, at=ports.clock())
    ports.exports.execute(export_id, failure)
    queue_work(export_id, ports)
