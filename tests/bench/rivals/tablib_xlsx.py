"""Rows to a workbook by tablib, which django-import-export uses; all of them in memory."""

from __future__ import annotations

import sys
from pathlib import Path

import tablib

from tests.bench.rivals.cursors import rows_of


def main(url: str, query: str, file: str) -> None:
    rows = rows_of(url, query)
    found = tablib.Dataset(headers=next(rows))
    for row in rows:
        found.append(row)
    Path(file).write_bytes(found.export("xlsx"))


if __name__ == "__main__":
    main(*sys.argv[1:])
