"""Sees to it that every export ends: work whose worker died is released again, work that keeps
killing its workers fails its export, and an export that nothing is heard of is looked at again."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from domain.exports.commands import FailExport
from domain.exports.errors import AttemptSuperseded
from domain.exports.failures import Reason
from domain.exports.state import Export
from processors import metrics
from processors.error_places import described
from processors.plan_exports import plan_export
from processors.ports import Ports
from processors.queue_work import queue_work

log = logging.getLogger(__name__)

DEATHS = 5
"""How many workers may die at one job before its export fails."""
_QUIET_SECONDS = 30.0
_BATCH = 100


def recover(ports: Ports) -> int:
    """Has the jobs of workers that died done again; returns how many leases had run out. The table
    of work counts the deaths, so an export that is failed here in vain is failed at the next."""
    lost = ports.work.recover()
    for each in lost:
        log.warning("a worker was lost at %s of export %s", each.job.kind, each.job.export_id)
        metrics.leases_lost.labels(each.job.kind).inc()
        if each.deaths >= DEATHS:
            export = ports.exports.load(each.job.export_id).state
            if export is not None:
                _fail(each.job.export_id, export, Reason.WORKERS_LOST, ports)
    if lost:
        ports.wake()
    return len(lost)


def take_over(ports: Ports) -> None:
    """For the only process there is, when it starts: whoever had work before it is gone, so that
    nobody need wait for leases to run out."""
    ports.work.let_run_out()
    recover(ports)


def look_again(ports: Ports) -> int:
    """Looks at exports that have been quiet; returns how many. Whatever message was lost, an
    export's state says what is missing."""
    quiet = ports.work.idle_exports(_QUIET_SECONDS, _BATCH)
    for export_id in quiet:
        try:
            look_at(export_id, ports)
        except Exception as error:  # noqa: BLE001 - one that can't be looked at holds up no other
            log.error("can't look at export %s: %s", export_id, described(error))  # noqa: TRY400
    return len(quiet)


def look_at(export_id: UUID, ports: Ports) -> None:
    """Fails an export that has come to nothing for too long, and has any other go on."""
    export = ports.exports.load(export_id).state
    if export is None:  # a store that was restored knows it no more
        queue_work(export_id, ports)
        return
    still = ports.clock() - export.changed_at
    if not export.ended and not export.paused and still > _patience(ports):
        _fail(export_id, export, Reason.STALLED, ports)
        return
    try:
        plan_export(export_id, ports)
    finally:
        queue_work(export_id, ports)


def _fail(export_id: UUID, export: Export, reason: Reason, ports: Ports) -> None:
    """Unless somebody retries it at this moment."""
    failure = FailExport(
        reason=reason, detail=None, attempt=None, retries=export.retries, at=ports.clock()
    )
    with suppress(AttemptSuperseded):
        if ports.exports.execute(export_id, failure):
            metrics.exports_failed.labels(reason).inc()
    queue_work(export_id, ports)


def _patience(ports: Ports) -> timedelta:
    return timedelta(seconds=ports.limits.stalled_seconds)
