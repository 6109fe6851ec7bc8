"""Whether the read models are what the log says: the whole log is folded into empty tables, and
these are compared with the live ones, row for row."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from infra.database import Pool, open_pool
from infra.projections import Projector
from infra.projections.comparing import compare
from infra.store import EventStoreOnPostgresql
from projections.catalogue import READ_MODELS


def assert_read_models_equal_the_log(url: str, patience: float = 20.0) -> dict[str, int]:
    """Over the database of an installation whose processes run and are asked for nothing more:
    what was recorded may still be on its way. Returns how many rows each read model has."""
    with open_pool(url, size=4) as pool, EventStoreOnPostgresql(url) as store:
        return {name: _compare(name, store, pool, patience) for name in READ_MODELS}


def _compare(name: str, store: EventStoreOnPostgresql, pool: Pool, patience: float) -> int:
    """Also while something is still recorded: then it is compared again."""
    model = READ_MODELS[name]
    _wait_for(Projector(model, store, pool), time.monotonic() + patience)
    compared = compare(model, store, pool, patience)
    assert not compared.differing, f"{name} differs from the log: {compared.differing[:10]}"
    return compared.rows


def _wait_for(projector: Projector[Any], deadline: float) -> None:
    """Until whoever keeps the live table up to date has done so: by messages, not by us."""
    while (lag := projector.lag(datetime.now(UTC))).positions:
        assert time.monotonic() < deadline, f"never caught up: {lag}"
        time.sleep(0.05)
