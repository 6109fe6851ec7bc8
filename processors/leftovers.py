"""What lies in the file store and counts for nothing, found by looking at all of it. The sweeps
find what the table of work knows of; this finds the rest: of exports that never happened, as the
event store was restored to an earlier backup, and of those whose rows in the table were lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from domain.exports.state import Export
from domain.ledger import Exports
from domain.ports import Files, StoredObject
from processors.expire_files import destroyed
from processors.sweep_orphans import orphans


class Why(StrEnum):
    UNKNOWN = "unknown"
    """The log doesn't know the export."""
    ORPHAN = "orphan"
    """Its export has ended, and nothing reads this."""
    EXPIRED = "expired"
    """Its export's files are destroyed; only waybills stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """Of one export."""

    export_id: UUID
    why: Why
    objects: list[StoredObject]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(each.size for each in self.objects)


def leftovers(files: Files, exports: Exports) -> Iterator[Leftovers]:
    """By export. Nothing of one that is under way, and nothing that is named in no way of ours.
    The log names an export before the first of its objects is there."""
    for name, group in groupby(files.find(_EVERYTHING), key=_export):
        export_id, objects = _id(name), list(group)
        if export_id is None:
            continue
        export = exports.load(export_id).state
        why, found = _counted(export_id, export, objects)
        if found:
            yield Leftovers(export_id=export_id, why=why, objects=found)


_EVERYTHING = "exports/"


def _counted(
    export_id: UUID, export: Export | None, objects: list[StoredObject]
) -> tuple[Why, list[StoredObject]]:
    if export is None:
        return Why.UNKNOWN, objects
    if export.expired_at is not None:
        return Why.EXPIRED, list(destroyed(export_id, export, objects))
    return Why.ORPHAN, list(orphans(export_id, export, objects)) if export.ended else []


def _export(found: StoredObject) -> str:
    return found.key.split("/", 2)[1]


def _id(name: str) -> UUID | None:
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name else None
