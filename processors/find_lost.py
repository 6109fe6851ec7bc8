"""Finds exports again that the table of work has lost: it is operational, and may be emptied by a
restore, a repair or a mistake, while what is under way and what is to expire stands in the log."""

from __future__ import annotations

import logging
from uuid import UUID

from domain.exports.events import ExportExpired, ExportRequested
from processors.error_places import described
from processors.ports import Ports
from processors.reap import look_at

log = logging.getLogger(__name__)

_BATCH = 1_000


class LostExports:
    """Walks the log once and remembers what has not expired, so that the next round reads only what
    is new. For one thread."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._position = 0
        self._kept: set[UUID] = set()

    def find(self) -> int:
        """One round; returns how many exports it has found again."""
        self._read_on()
        lost = self._ports.work.unknown_exports(self._kept)
        return sum(self._brought_back(export_id) for export_id in lost)

    def _read_on(self) -> None:
        while batch := self._ports.store.log(self._position, _BATCH):
            for recorded in batch:
                match recorded.event:
                    case ExportRequested():
                        self._kept.add(recorded.aggregate_id)
                    case ExportExpired():
                        self._kept.discard(recorded.aggregate_id)
                    case _:
                        pass
            self._position = batch[-1].position

    def _brought_back(self, export_id: UUID) -> bool:
        try:
            look_at(export_id, self._ports)
        except Exception as error:  # noqa: BLE001 - it is tried again, and holds up no other
            log.error("can't look at export %s: %s", export_id, described(error))  # noqa: TRY400
            return False
        return True
