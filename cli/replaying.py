"""Read models made again from the log, beside the live ones, in the database that the settings
name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from cli import output
from cli.exits import Code, Refused
from cli.installing import read_settings, running_database
from cli.refusals import refusals
from infra.database import Pool, open_pool
from infra.projections.comparing import Comparison, compare
from infra.projections.scratch import Scratch, log_through, scratch, whole_log
from infra.store import EventStoreOnPostgresql
from projections.catalogue import READ_MODELS

_INSIDE = ("searched", "open")
"""Columns that are there for the tables' own sake."""

_SHOWN = {
    "history": ("export_id", "status", "dataset", "rows_written", "requested_at"),
    "downloads": ("download_id", "export_id", "file", "bytes_sent", "granted_at"),
    "audit": ("at", "act", "result", "outcome", "dataset", "export_id", "by"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Up to where the log is folded: a time, or a position."""

    at: datetime | None
    position: int | None


def show_rows(
    model: str,
    cut: Cut,
    workspace: str | None,
    about: UUID | None,
    out: Path | None,
    *,
    json: bool,
) -> None:
    """Raises `Refused`."""
    if model not in READ_MODELS:
        known = ", ".join(READ_MODELS)
        raise Refused(f"There is no read model {model}; known are {known}.", Code.USAGE)
    with _opened() as (pool, store), scratch(READ_MODELS[model], pool) as made:
        _fold(made, cut, store)
        rows = (_row(each) for each in made.chosen(workspace, about))
        if out is not None:
            written = _write(out, rows)
            output.note(f"{written:,} rows from {made.events:,} events are in {out}")
        elif json:
            output.lines(rows)
        else:
            names = _SHOWN[model]
            table = ([_cell(row[name]) for name in names] for row in rows)
            output.table([name.replace("_", " ").upper() for name in names], table)


def check_all(*, json: bool) -> None:
    """Raises `Refused` when a live table differs from the log."""
    with _opened() as (pool, store):
        found = [compare(model, store, pool) for model in READ_MODELS.values()]
    if json:
        output.lines(_told(each) for each in found)
    else:
        for each in found:
            output.say(_sentence(each))
    wrong = [each.projection for each in found if each.differing]
    if wrong:
        raise Refused(
            f"{', '.join(wrong)}: not what the log says. `waybill rebuild` makes it anew; find out "
            "first who changed it."
        )


@contextmanager
def _opened() -> Iterator[tuple[Pool, EventStoreOnPostgresql]]:
    with (
        running_database(read_settings()) as url,
        refusals(),
        open_pool(url, size=2) as pool,
        EventStoreOnPostgresql(url, connections=2) as store,
    ):
        yield pool, store


def _fold(made: Scratch[Any], cut: Cut, store: EventStoreOnPostgresql) -> None:
    if cut.at is not None:
        made.fold_until(cut.at, whole_log(store))
    elif cut.position is not None:
        made.fold(log_through(store, cut.position))


def _row(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name not in _INSIDE}


def _write(out: Path, rows: Iterable[dict[str, Any]]) -> int:
    written = 0
    with out.open("wb") as file:
        for row in rows:
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
            written += 1
    return written


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return "-" if value is None else str(value)


def _told(found: Comparison) -> dict[str, Any]:
    return {
        "read_model": found.projection,
        "events": found.events,
        "rows": found.rows,
        "differing": [_row(row) for row in found.differing],
    }


def _sentence(found: Comparison) -> str:
    said = f"{found.projection}: {found.rows:,} rows from {found.events:,} events"
    if not found.differing:
        return f"{said}, the live table has the same"
    return f"{said}, and {len(found.differing):,} rows that differ from the live table"
