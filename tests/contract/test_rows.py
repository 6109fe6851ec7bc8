"""The contract of sources on PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from domain.datasets import Dataset, FieldType
from domain.ports import Rows
from infra.rows import Source, open_source
from infra.rows.types import CASTS
from tests.contract.rows_contract import TABLES, Row, RowsContract


def fill(url: str, dataset: Dataset, rows: tuple[Row, ...]) -> None:
    """Makes the dataset's table, with the widest column of each field's type, and its rows."""
    columns = [
        sql.SQL("{} {}").format(
            sql.Identifier(each.column),
            sql.SQL("jsonb" if each.type is FieldType.JSON else CASTS[each.type]),
        )
        for each in dataset.fields
    ]
    table = sql.Identifier(dataset.table or "")
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY (id))").format(
                table, sql.SQL(", ").join(columns)
            )
        )
        with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
            for row in reversed(rows):
                copy.write_row(row)


@pytest.fixture(scope="module")
def filled(module_database_url: str) -> str:
    for dataset, stored in TABLES:
        fill(module_database_url, dataset, stored)
    return module_database_url


@pytest.fixture(scope="module", params=["disable", "prefer"])
def rows(filled: str, request: pytest.FixtureRequest) -> Rows:
    """Read from the socket itself, and through libpq as where it may be encrypted."""
    dsn = make_conninfo(filled, gssencmode=request.param)
    return open_source(Source(kind="postgresql", dsn=dsn))


class TestPostgresqlRows(RowsContract):
    """On the server that the run uses."""
