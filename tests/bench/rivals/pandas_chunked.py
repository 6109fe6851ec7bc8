"""Rows to CSV by pandas, in chunks, over a server-side cursor of SQLAlchemy."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import sqlalchemy

ROWS_AT_ONCE = 50_000


def main(url: str, query: str, file: str) -> None:
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with (
        engine.connect().execution_options(stream_results=True) as connection,
        Path(file).open("w", newline="", encoding="utf-8") as out,
    ):
        chunks = pd.read_sql(sqlalchemy.text(query), connection, chunksize=ROWS_AT_ONCE)
        for number, chunk in enumerate(chunks):
            chunk.to_csv(out, index=False, header=number == 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
