"""Rows by ADBC as Arrow batches: read and nothing written, or written as Parquet by pyarrow. Types
that come as texts stay texts, as the query that it is given asks for."""

from __future__ import annotations

import sys

import adbc_driver_postgresql.dbapi
import pyarrow.parquet as pq


def main(way: str, url: str, query: str, file: str) -> None:
    with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        batches = cursor.fetch_record_batch()
        if way == "read":
            rows = sum(batch.num_rows for batch in batches)
            with open(file, "w", encoding="ascii") as said:  # noqa: PTH123 - as it is given
                said.write("\n" * rows)
            return
        with pq.ParquetWriter(file, batches.schema, compression="zstd") as out:
            for batch in batches:
                out.write_batch(batch)


if __name__ == "__main__":
    main(*sys.argv[1:])
