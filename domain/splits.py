"""How one file of an export becomes a zip of several: by a field's value, by rows, or by size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.format_rules import field_name, whole_number
from domain.json_reading import Reading
from domain.rows import FRAGMENT_ROWS, Chosen, Order

MOST_ENTRIES = 10_000
"""More files than that in a zip help nobody, and are mostly a field that was meant otherwise."""

LEAST_BYTES = 1_000_000
_MOST = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Exactly one of them: `by` a field, a file for each of its values; or files of at most so many
    `rows` or `bytes`, which count before the zip compresses them. A file holds whole fragments,
    unless it is one of a field's values; one fragment alone may be larger than `bytes`."""

    by: str | None = None
    rows: int | None = None
    bytes: int | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.by, self.rows, self.bytes)) != 1:
            raise ValueError("a file is split by one thing")


def read_split(reading: Reading, json: object, at: str) -> Split | None:
    """None when there is a problem, which `reading` then has."""
    members = reading.members(json, at, tuple(_RULES))
    if members is None:
        return None
    if len(members) != 1:
        reading.problem(at, 'must have one member: {"by": a field}, {"rows": n} or {"bytes": n}')
    given = reading.values(members, at, _RULES)
    return Split(**given) if len(given) == len(members) == 1 else None


def to_json(split: Split) -> dict[str, Any]:
    said = {"by": split.by, "rows": split.rows, "bytes": split.bytes}
    return {name: value for name, value in said.items() if value is not None}


def unfit(split: Split | None, fields: Sequence[Chosen], order: Sequence[Order]) -> str | None:
    """Why the rows that a query gives can't be split so, and what to change; None if they can."""
    if split is None or split.by is None:
        return None
    by = split.by[:60]
    if split.by not in fields:
        return f"names {by!r}, which is not exported. Correct the name, or export the field too"
    if not order or order[0].field != split.by:
        return (
            f"needs the rows ordered by {by} first, so that a value's rows come together. Put "
            f'{{"field": "{by}"}} at the beginning of order'
        )
    return None


_RULES = {
    "by": field_name,
    "rows": whole_number(FRAGMENT_ROWS, _MOST),
    "bytes": whole_number(LEAST_BYTES, _MOST),
}
