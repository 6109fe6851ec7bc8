"""Sees to it that every export ends: work whose worker died is released again, work that keeps
killing its workers fails its export, and an export that nothing is heard of is looked at again."""

from __future__ import annotations

import logging
from contextlib import suppress
from uuid import UUID

from domain.exports.commands import FailExport
from domain.exports.errors import AttemptSuperseded
from domain.exports.failures import Reason
from domain.exports.state import Export
from processors import metrics
from processors.error_places import described
from processors.failing import fail
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


def look_again(ports: Ports, led_for: float) -> int:
    """Looks at exports that have been quiet; returns how many. Whatever message was lost, an
    export's state says what is missing. One that has come to nothing for too long fails; a time in
    which nobody led doesn't count, as the service or its database was away: `led_for` are the
    seconds since."""
    quiet = ports.work.idle_exports(_QUIET_SECONDS, _BATCH)
    for export_id in quiet:
        try:
            if _stalled(export_id, ports, led_for):
                continue
            look_at(export_id, ports)
        except Exception as error:  # noqa: BLE001 - one that can't be looked at holds up no other
            log.error("can't look at export %s: %s", export_id, described(error))  # noqa: TRY400
    return len(quiet)


def look_at(export_id: UUID, ports: Ports) -> None:
    """Has an export go on, or its rows forgotten that the log doesn't know."""
    try:
        plan_export(export_id, ports)
    finally:
        queue_work(export_id, ports)


def _stalled(export_id: UUID, ports: Ports, led_for: float) -> bool:
    """Whether it was failed: nothing has happened for too long though a worker has had one of its
    jobs all the time, or though there is none. What waits for a place may wait as long as others
    are before it."""
    patience = ports.limits.stalled_seconds
    if led_for <= patience:
        return False
    export = ports.exports.load(export_id).state
    if export is None or export.ended or export.paused:
        return False
    if (ports.clock() - export.changed_at).total_seconds() <= patience:
        return False
    in_hand = ports.work.seconds_in_hand(export_id)
    if in_hand is not None and in_hand <= patience:
        return False
    _fail(export_id, export, Reason.STALLED, ports)
    return True


def _fail(export_id: UUID, export: Export, reason: Reason, ports: Ports) -> None:
    """Unless somebody retries it at this moment."""
    failure = FailExport(
        reason=reason, detail=None, attempt=None, retries=export.retries, at=ports.clock()
    )
    with suppress(AttemptSuperseded):
        fail(export_id, failure, ports)
    queue_work(export_id, ports)
