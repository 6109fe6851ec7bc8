"""Collects what lies in the file store and counts for nothing: objects of older attempts, lists of
rejected rows that were joined, rests of puts that were killed. The staged rows of a complete export
stay, sealed, as long as its files: with them its files can be rendered again and compared.

It waits until whoever may still be at work for an ended export has lost its lease. What a zombie
writes later than that goes when the export expires."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta
from uuid import UUID

from domain import layout
from domain.exports.events import ExportFailed
from domain.exports.failures import EXTRACT_AGAIN
from domain.exports.state import Export
from domain.ports import StoredObject
from processors.error_places import described
from processors.ports import Ports

log = logging.getLogger(__name__)

_BATCH = 50
_LEFT = timedelta(days=1)
"""No put takes so long."""


def sweep_orphans(ports: Ports) -> int:
    """One round; returns how many objects it removed."""
    removed = 0
    for export_id in ports.work.due_sweeps(_BATCH):
        try:
            removed += _sweep(export_id, ports)
        except Exception as error:  # noqa: BLE001 - it comes again later, and holds up no other
            log.error("can't sweep export %s: %s", export_id, described(error))  # noqa: TRY400
    return removed


def sweep_leftovers(ports: Ports) -> int:
    """Removes what killed puts have left; returns how many."""
    return ports.files.sweep(ports.clock() - _LEFT)


def orphans(
    export_id: UUID, export: Export, objects: Iterable[StoredObject]
) -> Iterator[StoredObject]:
    """Those of an ended export that nothing will read again. Those of a later attempt than is known
    here are not among them, so a retry that comes meanwhile loses nothing."""
    kept = tuple(_kept(export_id, export))
    known = tuple(
        layout.attempt_prefix(export_id, attempt) for attempt in range(1, export.attempt + 1)
    )
    return (
        each for each in objects if each.key.startswith(known) and not each.key.startswith(kept)
    )


def _sweep(export_id: UUID, ports: Ports) -> int:
    export = ports.exports.load(export_id).state
    keys: list[str] = []
    if export is not None and export.ended and export.expired_at is None:
        found = ports.files.find(layout.export_prefix(export_id))
        keys = [each.key for each in orphans(export_id, export, found)]
        ports.files.delete(keys)
    ports.work.swept(export_id)
    return len(keys)


def _kept(export_id: UUID, export: Export) -> Iterator[str]:
    """What the files are made of, or what a retry goes on with."""
    if export.ready:
        yield layout.staged_prefix(export_id, export.attempt)
        for file in export.request.files:
            yield layout.part_prefix(export_id, export.attempt, file.name)
            yield layout.file_prefix(export_id, export.attempt, file.name)
    elif export.extraction is not None and not _extracts_again(export):
        yield layout.attempt_prefix(export_id, export.attempt)


def _extracts_again(export: Export) -> bool:
    return isinstance(export.ending, ExportFailed) and export.ending.reason in EXTRACT_AGAIN
