"""How a program says what it found: a line of JSON a row, a cell as null or its kind and text.

Its Python has neither Waybill nor what the tests need, so nothing here may import them."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

Rows = Iterable[Sequence[Any]]
_MIDNIGHT = datetime(2000, 1, 1)  # noqa: DTZ001 - of any day


def main(ways: Mapping[str, Callable[[str], Rows]]) -> None:
    """`PROGRAM KIND FILE OUT`; the first row is the headings."""
    kind, file, out = sys.argv[1:]
    with Path(out).open("w", encoding="ascii") as said:
        rows = ways[kind](file)
        said.writelines(json.dumps([_cell(value) for value in row]) + "\n" for row in rows)


def _cell(value: Any) -> Any:
    match value:
        case None:
            return None
        case str():
            return ["text", value]
        case bool():
            return ["boolean", "t" if value else "f"]
        case int() | Decimal():
            return ["number", str(value)]
        case float():
            return ["number", "NaN" if math.isnan(value) else repr(value)]
        case datetime():
            return ["moment", value.isoformat(" ")]
        case date() | time():
            return ["moment", value.isoformat()]
        case timedelta():
            return ["moment", str(_MIDNIGHT + value)[11:]]
        case dict() | list():
            return ["json", json.dumps(value, sort_keys=True, default=float)]
        case _:
            return [type(value).__name__, str(value)]
