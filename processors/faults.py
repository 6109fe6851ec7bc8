"""What goes wrong in a job, and the answer: how often to try again, and the reason to give up
with."""

from __future__ import annotations

from dataclasses import dataclass

from domain.exports.failures import Reason
from domain.ports import (
    FileBroken,
    FileMissing,
    FilesFull,
    FilesUnavailable,
    KeyDestroyed,
    RowsRefused,
    RowsUnavailable,
    StoreUnavailable,
)
from domain.protected import LiteralErased
from processors.children import ChildDied
from processors.job_tasks import DatasetChanged
from processors.renderers.frames import PlanUnfit
from processors.token_keys import ScopeDestroyed

_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`tries` in all; `pause` in seconds before the second, doubled each time."""

    reason: Reason
    tries: int = 1
    pause: float = 1.0

    def pause_after(self, tries: int) -> float:
        """Seconds until the next try, after so many."""
        return min(self.pause * 2.0 ** min(tries - 1, 30), _LONGEST_PAUSE)


_FAULTS: list[tuple[tuple[type[Exception], ...], Fault]] = [
    # Those of the world are tried for half a minute: a restart is over by then.
    ((RowsUnavailable,), Fault(reason=Reason.SOURCE_UNAVAILABLE, tries=6)),
    ((RowsRefused,), Fault(reason=Reason.SOURCE_REFUSED)),
    ((DatasetChanged,), Fault(reason=Reason.DATASET_CHANGED)),
    ((LiteralErased, PlanUnfit, ScopeDestroyed), Fault(reason=Reason.REQUEST_INVALID)),
    ((FilesFull,), Fault(reason=Reason.STORAGE_FULL, tries=3)),
    ((FilesUnavailable,), Fault(reason=Reason.STORAGE_UNAVAILABLE, tries=6)),
    ((FileMissing, FileBroken, KeyDestroyed), Fault(reason=Reason.STAGED_ROWS_LOST)),
    ((ChildDied,), Fault(reason=Reason.WORKERS_LOST, tries=5, pause=0.2)),
    ((StoreUnavailable,), Fault(reason=Reason.INTERNAL, tries=20, pause=0.5)),
]


def fault_of(error: Exception) -> Fault:
    for classes, fault in _FAULTS:
        if isinstance(error, classes):
            return fault
    return Fault(reason=Reason.INTERNAL, tries=3)
