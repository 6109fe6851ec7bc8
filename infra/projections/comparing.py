"""Whether a live read model is what the log says, row for row."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from psycopg.rows import DictRow

from domain.ports import EventStore
from infra.database import Pool
from infra.projections.scratch import scratch, whole_log
from projections.read_model import ReadModel

_PAUSE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`differing`: rows that only one side has, which `side` names: `live`, or `log`."""

    projection: str
    events: int
    rows: int
    differing: list[DictRow]


def compare(
    model: ReadModel[Any], store: EventStore, pool: Pool, patience: float = 20.0
) -> Comparison:
    """Folds the whole log into a table of its own and compares. What is recorded meanwhile comes
    to the two at different moments, so that a difference counts only when it stays for `patience`
    seconds."""
    deadline = time.monotonic() + patience
    with scratch(model, pool) as made:
        made.fold(whole_log(store))
        while (differing := made.differences()) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
            made.fold(whole_log(store, after=made.position))
        return Comparison(
            projection=model.name, events=made.events, rows=made.count(), differing=differing
        )
