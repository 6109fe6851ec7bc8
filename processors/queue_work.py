"""Keeps the table of work in step with the exports: after any event, exactly the work that the
export's state still needs is there. Running it again, late or twice leaves the same table."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from uuid import UUID

from domain.exports.state import Export
from domain.exports.work import outstanding
from domain.priority import WEIGHTS
from domain.streams import Envelope, Kind, Subscription
from processors.ports import Ports

SMALL_ROWS = 50_000
"""Exports of at most so many rows have places of their own."""
_REMEMBERED = 1_000


def subscription(ports: Ports) -> Subscription:
    return Subscription(
        name="queue_work", kinds=frozenset({Kind.EXPORT}), handle=_InStep(ports).handle
    )


def queue_work(export_id: UUID, ports: Ports) -> int:
    """Returns the version of the export that the table is now in step with. The state is read
    inside the lock, so that an older one never overwrites a newer one."""
    with ports.work.syncing(export_id) as table:
        known = ports.exports.load(export_id)
        export = known.state
        if export is None:  # a store that was restored knows it no more
            table.forget()
            return 0
        changed = table.replace(
            workspace=export.request.workspace,
            weight=WEIGHTS[export.request.priority],
            small=is_small(export),
            jobs=outstanding(export),
        )
        if export.ending is None:
            table.open()
        else:
            table.close(None if export.expired_at else export.ending.expires_at)
    if changed:
        ports.wake()
    return known.version


def is_small(export: Export) -> bool:
    """By its rows once they are counted, by what was asked and estimated before."""
    if export.extraction is not None:
        return export.extraction.rows <= SMALL_ROWS
    limits = [asked.limit for asked in export.asked if asked.limit is not None]
    known = [sum(limits)] if len(limits) == len(export.asked) else []
    if export.plan is not None and export.plan.estimated_rows is not None:
        known.append(export.plan.estimated_rows)
    return bool(known) and min(known) <= SMALL_ROWS


class _InStep:
    """Leaves out what needs no look at the table: an event that a look has seen already, and a
    chunk that is rendered while others are not, as its job was taken off by its worker."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._seen: OrderedDict[UUID, int] = OrderedDict()
        self._lock = Lock()

    def handle(self, envelope: Envelope) -> None:
        if self._covers(envelope) or self._changes_nothing(envelope):
            return
        self._remember(envelope.aggregate_id, queue_work(envelope.aggregate_id, self._ports))

    def _covers(self, envelope: Envelope) -> bool:
        with self._lock:
            return envelope.version <= self._seen.get(envelope.aggregate_id, 0)

    def _changes_nothing(self, envelope: Envelope) -> bool:
        if envelope.type != "export.chunk-rendered.v1":
            return False
        export = self._ports.exports.load(envelope.aggregate_id).state
        if export is None or export.ended:
            return False
        return not export.is_rendered(envelope.data["file"])

    def _remember(self, export_id: UUID, version: int) -> None:
        with self._lock:
            self._seen[export_id] = max(version, self._seen.get(export_id, 0))
            self._seen.move_to_end(export_id)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
