"""Rows to a workbook by pandas and openpyxl, all of them in memory."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from tests.bench.rivals.cursors import rows_of


def main(url: str, query: str, file: str) -> None:
    rows = rows_of(url, query)
    headings = next(rows)
    frame = pd.DataFrame(rows, columns=headings)
    with Path(file).open("wb") as out:
        frame.to_excel(out, index=False, engine="openpyxl")


if __name__ == "__main__":
    main(*sys.argv[1:])
