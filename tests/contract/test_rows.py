"""The contract of sources on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from domain.datasets import Dataset, FieldType
from domain.filters import parse
from domain.ports import Rows, RowsRefused
from infra.rows import Source, nesting, open_source, postgresql
from infra.rows.nesting import Shape
from infra.rows.types import CASTS
from tests.contract.nested_rows_contract import NestedRowsContract, asked
from tests.contract.rows_contract import TABLES, Row, RowsContract, leaf, read
from tests.samples import OWNERS


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


@pytest.fixture(scope="class", params=[None, *Shape])
def _shape(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param is not None:
            patch.setattr(postgresql, "cheaper_shape", lambda *_: request.param)
        yield


@pytest.mark.usefixtures("_shape")
class TestNestedRows(NestedRowsContract):
    """In each shape, and in the one that the planner thinks is cheaper."""


@pytest.mark.parametrize("shape", Shape)
def test_more_rows_than_a_nested_value_holds_are_refused(
    rows: Rows, shape: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "cheaper_shape", lambda *_: shape)
    query = asked(OWNERS, {"name": "samples", "fields": ["id"]})
    monkeypatch.setattr(nesting, "MAX_CHILDREN", 2)
    assert read(rows, query, OWNERS)
    monkeypatch.setattr(nesting, "MAX_CHILDREN", 1)
    with pytest.raises(RowsRefused, match="Filter the relation"):
        read(rows, query, OWNERS)
    others = replace(query, filter=parse(leaf("id", "eq", 3)))
    assert read(rows, others, OWNERS) == b"[]\n"
