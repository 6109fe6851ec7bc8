"""Rows to CSV by the standard library's csv.writer over a server-side cursor of psycopg."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import psycopg

ROWS_AT_ONCE = 10_000


def main(url: str, query: str, file: str) -> None:
    with (
        psycopg.connect(url) as connection,
        connection.cursor("rows") as cursor,
        Path(file).open("w", newline="", encoding="utf-8") as out,
    ):
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(query.encode())
        writer = csv.writer(out)
        rows = iter(cursor)
        first = next(rows)
        writer.writerow(column.name for column in cursor.description or ())
        writer.writerow(first)
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
