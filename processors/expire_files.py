"""Destroys what is past its retention: the keys first, so that no copy anywhere can be read, then
the bytes, then it is recorded. A crash in between is harmless: it is done again. It goes by the
database's clock, as nothing can undo it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from uuid import UUID

from domain import layout
from domain.exports.commands import ExpireExport
from domain.exports.state import Export
from domain.planned_masks import masks_planned
from domain.ports import StoredObject
from processors.error_places import described
from processors.ports import Ports
from processors.queue_work import queue_work

log = logging.getLogger(__name__)

_BATCH = 50


def expire_files(ports: Ports) -> int:
    """One round; returns how many exports it expired."""
    due = ports.work.due_expiries(_BATCH)
    if not due:
        return 0
    now = ports.work.now()
    return sum(_expired(export_id, now, ports) for export_id in due)


def _expired(export_id: UUID, now: datetime, ports: Ports) -> bool:
    try:
        return _expire(export_id, now, ports)
    except Exception as error:  # noqa: BLE001 - it is due again, and holds up no other
        log.error("can't expire export %s: %s", export_id, described(error))  # noqa: TRY400
        return False


def _expire(export_id: UUID, now: datetime, ports: Ports) -> bool:
    export = ports.exports.load(export_id).state
    if export is None or export.ending is None or export.ending.expires_at > now:
        queue_work(export_id, ports)  # it was retried meanwhile, or the table is behind
        return False
    destroy(export_id, export, ports)
    ports.exports.execute(export_id, ExpireExport(at=now))
    ports.work.expired(export_id)
    return True


def destroy(export_id: UUID, export: Export, ports: Ports) -> None:
    """The waybills stay: they hold no personal data and say what was destroyed."""
    names = [layout.file_key(export_id, file.name) for file in export.request.files]
    for name in [layout.staging_key(export_id), *_token_keys(export_id, export), *names]:
        ports.keys.destroy(name)
    found = ports.files.find(layout.export_prefix(export_id))
    ports.files.delete([each.key for each in destroyed(export_id, export, found)])


def destroyed(
    export_id: UUID, export: Export, objects: Iterable[StoredObject]
) -> Iterator[StoredObject]:
    """What of an export's objects is not there any more when it has expired."""
    kept = {layout.waybill(export_id, export.attempt, file.name) for file in export.request.files}
    return (each for each in objects if each.key not in kept)


def _token_keys(export_id: UUID, export: Export) -> list[str]:
    """Those of a scope are the workspace's: later exports go on with them."""
    masks = chain.from_iterable(masks_planned(each.columns) for each in export.planned)
    own = any(mask["method"] == "token" and mask["scope"] is None for mask in masks)
    return [layout.token_key(export_id)] if own else []
