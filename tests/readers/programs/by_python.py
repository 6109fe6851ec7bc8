"""CSV and JSON by Python's standard library."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

from tests.readers.programs.cells import Rows, main


def csv_rows(file: str) -> Rows:
    csv.field_size_limit(10**9)
    with Path(file).open(newline="", encoding="utf-8") as source:
        yield from csv.reader(source)


def json_rows(file: str) -> Rows:
    found = json.loads(Path(file).read_text(encoding="utf-8"), parse_float=Decimal)
    yield list(found[0])
    yield from (list(each.values()) for each in found)


main({"csv": csv_rows, "json": json_rows})
