"""Keeps the table of work in step with the exports: after any event, exactly the work that the
export's state still needs is there. Running it again, late or twice leaves the same table."""

from __future__ import annotations

from uuid import UUID

from domain.exports.state import Export
from domain.exports.work import outstanding
from domain.priority import WEIGHTS
from domain.streams import Envelope, Kind, Subscription
from processors.ports import Ports

SMALL_ROWS = 50_000
"""Exports of at most so many rows have extraction places of their own."""


def subscription(ports: Ports) -> Subscription:
    def handle(envelope: Envelope) -> None:
        queue_work(envelope.aggregate_id, ports)

    return Subscription(name="queue_work", kinds=frozenset({Kind.EXPORT}), handle=handle)


def queue_work(export_id: UUID, ports: Ports) -> None:
    """The state is read inside the lock, so that an older one never overwrites a newer one."""
    with ports.work.syncing(export_id) as table:
        export = ports.exports.load(export_id).state
        if export is None:
            return
        table.replace(
            workspace=export.request.workspace,
            weight=WEIGHTS[export.request.priority],
            small=_is_small(export),
            jobs=outstanding(export),
        )
        if export.ending is None:
            table.open()
        else:
            table.close(None if export.expired_at else export.ending.expires_at)
    ports.wake()


def _is_small(export: Export) -> bool:
    asked = [export.request.limit, export.plan.estimated_rows if export.plan else None]
    known = [rows for rows in asked if rows is not None]
    return bool(known) and min(known) <= SMALL_ROWS
