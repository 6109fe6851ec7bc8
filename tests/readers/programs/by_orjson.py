"""JSON by orjson."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.readers.programs.cells import Rows, main


def json_rows(file: str) -> Rows:
    found = orjson.loads(Path(file).read_bytes())
    yield list(found[0])
    yield from (list(each.values()) for each in found)


main({"json": json_rows})
