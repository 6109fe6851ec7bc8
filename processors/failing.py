"""Ends an export that can't be made, and counts it."""

from __future__ import annotations

from uuid import UUID

from domain.exports.commands import FailExport
from processors import metrics
from processors.ports import Ports


def fail(export_id: UUID, failure: FailExport, ports: Ports) -> None:
    """Nothing when it has ended already. Raises what `Exports.execute` does."""
    if ports.exports.execute(export_id, failure):
        metrics.exports_failed.labels(failure.reason).inc()
