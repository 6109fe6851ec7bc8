"""What the PostgreSQL source makes of PostgreSQL's own ways: its types, settings and locales."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from domain.datasets import Dataset, FieldType, Relation
from domain.filters import parse
from domain.ports import RowsRefused, RowsUnavailable
from domain.rows import Order, RowQuery
from infra.catalog import load_catalog
from infra.rows import PostgresqlRows, describe
from infra.rows.estimating import cheaper_shape
from infra.rows.nesting import Shape
from infra.rows.session import open_session
from tests.contract.nested_rows_contract import as_json, asked
from tests.contract.rows_contract import leaf, read
from tests.samples import ASKED_AT, OWNERS, dataset, field

NUMBERS = dataset("numbers", field("id", FieldType.INTEGER))
IDS = RowQuery(fields=("id",), asked_at=ASKED_AT)


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True, client_encoding="UTF8") as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def encoded(server: str, encoding: str) -> Iterator[str]:
    """A database whose text has another encoding."""
    name = sql.Identifier(f"{encoding.lower()}_{secrets.token_hex(6)}")
    options = sql.SQL("ENCODING {} LOCALE 'C' TEMPLATE template0").format(encoding)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} {}").format(name, options))
        yield make_conninfo(server, dbname=name.as_string().strip('"'))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def texts(table: str, *columns: str, of: FieldType = FieldType.TEXT) -> Dataset:
    fields = (field(column, of) for column in columns)
    return dataset(table, field("id", FieldType.INTEGER), *fields)


def all_of(declared: Dataset) -> RowQuery:
    return replace(IDS, fields=tuple(each.name for each in declared.fields))


def kept(url: str, declared: Dataset, document: object) -> str:
    query = replace(IDS, filter=parse(document))
    return read(PostgresqlRows(url), query, declared).decode().replace("\n", "")


def test_settings_of_the_database_change_no_value(database_url: str) -> None:
    settings = {
        "DateStyle": "German",
        "TimeZone": "Asia/Tokyo",
        "IntervalStyle": "sql_standard",
        "bytea_output": "escape",
        "extra_float_digits": "-3",
    }
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        for setting, value in settings.items():
            command = sql.SQL("ALTER DATABASE {} SET {} = {}")
            connection.execute(command.format(name, sql.Identifier(setting), value))
    run(
        database_url,
        "CREATE TABLE odd (id int PRIMARY KEY, at timestamptz, took interval, raw bytea, x float8)",
        "INSERT INTO odd VALUES (1, '2024-03-31 12:00:00+02', '1 day 2 hours', '\\x00ff', 0.1)",
    )
    declared = texts("odd", "at", "took", "raw", "x")
    assert read(PostgresqlRows(database_url), all_of(declared), declared) == (
        b"1\t2024-03-31 10:00:00+00\tP1DT2H\t\\\\x00ff\t0.1\n"
    )


def test_infinities_nan_and_dates_before_christ_come_out_as_they_are(database_url: str) -> None:
    run(
        database_url,
        "CREATE TABLE odd (id int PRIMARY KEY, day date, at timestamptz, n numeric, x float4)",
        "INSERT INTO odd VALUES (1, 'infinity', '-infinity', 'NaN', 'Infinity'),"
        " (2, '0044-03-15 BC', '0044-03-15 12:00:00+00 BC', '-Infinity', 'NaN'),"
        " (3, '294000-01-01', '2024-01-01 00:00:00+00', 1.10, 0.1)",
    )
    declared = dataset(
        "odd",
        field("id", FieldType.INTEGER),
        field("day", FieldType.DATE),
        field("at", FieldType.INSTANT),
        field("n", FieldType.DECIMAL),
        field("x", FieldType.FLOAT),
    )
    assert read(PostgresqlRows(database_url), all_of(declared), declared).decode() == (
        "1\tinfinity\t-infinity\tNaN\tInfinity\n"
        "2\t0044-03-15 BC\t0044-03-15 12:00:00+00 BC\t-Infinity\tNaN\n"
        "3\t294000-01-01\t2024-01-01 00:00:00+00\t1.10\t0.1\n"
    )
    assert kept(database_url, declared, leaf("day", "lt", "0001-01-01")) == "2"
    assert kept(database_url, declared, leaf("n", "gt", 0)) == "13"
    assert kept(database_url, declared, leaf("x", "gt", "1e300")) == "12"


def test_any_type_can_be_declared_a_text(database_url: str) -> None:
    run(
        database_url,
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE DOMAIN short AS varchar(5)",
        "CREATE TABLE odd (id int PRIMARY KEY, mood mood, tags text[], net inet, pay money,"
        " short short, padded char(5))",
        "INSERT INTO odd VALUES (1, 'sad', '{a,\"b c\"}', '10.0.0.1', 12.5, 'é', 'x'),"
        " (2, 'ok', '{}', '10.0.0.2', -1, 'z', 'y')",
    )
    declared = texts("odd", "mood", "tags", "net", "pay", "short", "padded")
    assert read(PostgresqlRows(database_url), all_of(declared), declared).decode() == (
        '1\tsad\t{a,"b c"}\t10.0.0.1\t$12.50\té\tx    \n2\tok\t{}\t10.0.0.2\t-$1.00\tz\ty    \n'
    )
    for document in [
        leaf("mood", "eq", "sad"),
        leaf("mood", "gt", "ok"),
        leaf("tags", "contains", "b c"),
        leaf("net", "in", ["10.0.0.1/32", "x"]),
        leaf("short", "lte", "é") | {"op": "gt", "value": "z"},
        leaf("padded", "eq", "x"),
    ]:
        assert kept(database_url, declared, document) == "1"
    assert kept(database_url, declared, leaf("mood", "eq", "no mood")) == ""


def test_text_sorts_by_bytes_whatever_the_columns_locale(database_url: str) -> None:
    run(
        database_url,
        f"CREATE TABLE words (id int PRIMARY KEY, word text COLLATE {linguistic(database_url)})",
        "INSERT INTO words VALUES (1, 'zebra'), (2, 'Äpfel'), (3, 'apple'), (4, 'Zoo'), (5, 'äh')",
    )
    declared = texts("words", "word")
    query = replace(IDS, order=(Order(field="word"),))
    assert read(PostgresqlRows(database_url), query, declared) == b"4\n3\n1\n2\n5\n"
    assert kept(database_url, declared, leaf("word", "lt", "a")) == "4"
    assert kept(database_url, declared, leaf("word", "between", ["Z", "b"])) == "34"
    folded = leaf("word", "starts_with", "Ä") | {"ignore_case": True}
    assert kept(database_url, declared, folded) == "25"


def linguistic(url: str) -> str:
    """A collation that sorts as people do, if the server was built with one."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT collname FROM pg_collation WHERE collname IN ('en-x-icu', 'en_US.utf8')"
            " UNION ALL SELECT 'default' LIMIT 1"
        ).fetchone()
    return sql.Identifier(str(row[0]) if row else "").as_string()


def test_every_row_has_one_place_even_if_a_name_is_an_output_column(database_url: str) -> None:
    run(
        database_url,
        "CREATE TABLE odd (id int PRIMARY KEY, shown text)",
        "INSERT INTO odd SELECT n, 'same' FROM generate_series(1, 12) n ORDER BY random()",
    )
    as_text = replace(field("id", FieldType.TEXT), column="shown")
    number = replace(field("number", FieldType.INTEGER), column="id")
    declared = dataset("odd", as_text, number, key=("number",))
    query = replace(IDS, fields=("id", "number"), order=(Order(field="id"),))
    lines = read(PostgresqlRows(database_url), query, declared).decode().split("\n")[:-1]
    assert lines == [f"same\t{number}" for number in range(1, 13)]


def test_names_can_be_anything(database_url: str) -> None:
    table, column = 'ta%s"ble; --', 'co"l%%umn %(v0)s'
    made = sql.SQL("CREATE SCHEMA {}; CREATE TABLE {} (id int PRIMARY KEY, {} text)").format(
        sql.Identifier("Odd schema"),
        sql.Identifier("Odd schema", table),
        sql.Identifier(column),
    )
    with psycopg.connect(database_url) as connection:
        connection.execute(made.as_string(connection))
        filled = sql.SQL("INSERT INTO {} VALUES (1, '%s')")
        connection.execute(filled.format(sql.Identifier("Odd schema", table)))
    declared = replace(
        dataset(
            "odd",
            field("id", FieldType.INTEGER),
            replace(field("text", FieldType.TEXT), column=column),
        ),
        table=f"Odd schema.{table}",
    )
    rows = PostgresqlRows(database_url)
    assert read(rows, all_of(declared), declared) == b"1\t%s\n"
    assert kept(database_url, declared, leaf("text", "eq", "%s")) == "1"
    assert rows.count(declared, IDS) == 1
    assert rows.estimate(declared, IDS).rows >= 1


def test_a_query_can_stand_for_a_table(database_url: str) -> None:
    query = "SELECT n AS id, n % 3 AS rest FROM generate_series(1, 9) n WHERE 'a%' LIKE 'a%' -- all"
    declared = replace(
        dataset("numbers", field("id", FieldType.INTEGER), field("rest", FieldType.INTEGER)),
        table=None,
        query=query,
    )
    assert kept(database_url, declared, leaf("rest", "eq", 0)) == "369"
    assert read(PostgresqlRows(database_url), replace(IDS, limit=2), declared) == b"1\n2\n"


def test_a_source_reads_and_never_writes(database_url: str) -> None:
    run(database_url, "CREATE TABLE numbers (id int PRIMARY KEY)", "CREATE SEQUENCE counter")
    writing = replace(NUMBERS, table=None, query="SELECT nextval('counter')::int AS id")
    with pytest.raises(RowsRefused, match="writes"):
        read(PostgresqlRows(database_url), IDS, writing)


def test_bytes_that_are_no_utf8_pass_through(postgres_url: str) -> None:
    with encoded(postgres_url, "SQL_ASCII") as url:
        run(
            url,
            "CREATE TABLE words (id int PRIMARY KEY, word text)",
            "INSERT INTO words VALUES (1, E'caf\\xe9\\\\'), (2, 'é')",
        )
        declared = texts("words", "word")
        everything = read(PostgresqlRows(url), all_of(declared), declared)
        assert everything == b"1\tcaf\xe9\\\\\n2\t\xc3\xa9\n"
        filtered = replace(IDS, filter=parse(leaf("word", "eq", "é")))
        with PostgresqlRows(url).snapshot(declared, filtered) as snapshot:
            assert snapshot.count() == 1
            assert [fragment.data for fragment in snapshot.fragments(10)] == [b"2\n"]
            assert snapshot.count() == 1
        folded = leaf("word", "starts_with", "CAF") | {"ignore_case": True}
        assert kept(url, declared, folded) == "1"


def test_backslashes_are_only_backslashes_where_they_once_meant_more(database_url: str) -> None:
    run(
        database_url,
        "CREATE TABLE words (id int PRIMARY KEY, word text)",
        "INSERT INTO words VALUES (1, E'\\\\'' OR true; DROP TABLE words; --'), (2, 'x')",
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        command = sql.SQL("ALTER DATABASE {} SET standard_conforming_strings = off")
        connection.execute(command.format(sql.Identifier(connection.info.dbname)))
    declared = texts("words", "word")
    text = "\\' OR true; DROP TABLE words; --"
    assert kept(database_url, declared, leaf("word", "eq", text)) == "1"
    assert kept(database_url, declared, leaf("word", "in", [text, "\\"])) == "1"
    assert kept(database_url, declared, leaf("word", "starts_with", text)) == "1"
    assert kept(database_url, declared, leaf("word", "eq", "\\")) == ""
    assert kept(database_url, declared, leaf("word", "ne", "\\'")) == "12"


def test_another_encoding_becomes_utf8(postgres_url: str) -> None:
    with encoded(postgres_url, "LATIN1") as url:
        run(
            url,
            "CREATE TABLE words (id int PRIMARY KEY, word text)",
            "INSERT INTO words VALUES (1, 'é')",
        )
        declared = texts("words", "word")
        assert read(PostgresqlRows(url), all_of(declared), declared) == b"1\t\xc3\xa9\n"
        assert kept(url, declared, leaf("word", "eq", "é")) == "1"
        with pytest.raises(RowsRefused, match="22P05"):
            kept(url, declared, leaf("word", "eq", "李"))


@pytest.mark.parametrize(
    ("column", "declared", "says"),
    [
        ("text", FieldType.INTEGER, "declared as integer, but its column is of type text"),
        ("numeric", FieldType.INTEGER, "numeric"),
        ("timestamp", FieldType.INSTANT, "timestamp"),
        ("timestamptz", FieldType.TIMESTAMP, "timestamptz"),
        ("timetz", FieldType.TIME, "timetz"),
        ("float8", FieldType.DECIMAL, "float8"),
        ("text[]", FieldType.JSON, "text"),
    ],
)
def test_a_field_that_lies_about_its_column_is_refused(
    database_url: str, column: str, declared: FieldType, says: str
) -> None:
    run(database_url, f"CREATE TABLE odd (id int PRIMARY KEY, x {column})")
    lying = texts("odd", "x", of=declared)
    rows = PostgresqlRows(database_url)
    with pytest.raises(RowsRefused, match=says):
        read(rows, all_of(lying), lying)
    ordered = replace(IDS, order=(Order(field="x"),))
    with pytest.raises(RowsRefused, match=says):
        rows.preview(lying, ordered, 1)


def test_errors_dont_quote_rows(database_url: str) -> None:
    run(
        database_url,
        "CREATE TABLE people (id int PRIMARY KEY, mail text)",
        "INSERT INTO people VALUES (1, 'jane@example.org')",
    )
    query = "SELECT id, mail::int AS age FROM people"
    declared = dataset("people", field("id", FieldType.INTEGER), field("age", FieldType.INTEGER))
    declared = replace(declared, table=None, query=query)
    with pytest.raises(RowsRefused, match="22P02") as caught:
        read(PostgresqlRows(database_url), all_of(declared), declared)
    assert "jane" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_reader_without_permission_is_refused(database_url: str) -> None:
    # The role that every database has and that may read nothing of ours.
    run(database_url, "CREATE TABLE numbers (id int PRIMARY KEY)")
    restricted = f"{database_url}?options=-c%20role%3Dpg_monitor"
    with pytest.raises(RowsRefused, match="42501"):
        PostgresqlRows(restricted).count(NUMBERS, IDS)


def test_a_server_that_isnt_there_is_unavailable() -> None:
    nowhere = PostgresqlRows("postgresql://jane:s3cret@127.0.0.1:1/nowhere")
    with pytest.raises(RowsUnavailable) as caught:
        nowhere.count(NUMBERS, IDS)
    assert "s3cret" not in str(caught.value)
    assert "jane" not in str(caught.value)


def test_a_session_that_cant_be_set_up_is_refused_and_hung_up(database_url: str) -> None:
    forever = PostgresqlRows(database_url, statement_timeout=1e9)
    with pytest.raises(RowsRefused, match="22023"):
        forever.count(NUMBERS, IDS)


def test_a_table_can_be_described_and_then_read(database_url: str, tmp_path: Path) -> None:
    run(
        database_url,
        'CREATE TABLE "Order lines" (order_id bigint, "Line No." smallint, "line no" int,'
        " price numeric(10,2), at timestamptz, meta jsonb, mood inet,"
        ' PRIMARY KEY ("Line No.", order_id))',
        "INSERT INTO \"Order lines\" VALUES (1, 2, 3, 4.50, '2024-01-01Z', '{}', '::1')",
    )
    described = describe(database_url, "Order lines").replace("source: #", "source: main #")
    file = tmp_path / "datasets.yaml"
    indented = "".join(f"  {line}\n" for line in described.splitlines())
    file.write_text("sources: {main: {kind: postgresql, dsn: '${DSN}'}}\ndatasets:\n" + indented)
    declared = load_catalog(file, {"DSN": database_url}).datasets["order_lines"]
    assert declared.key == ("line_no", "order_id")
    assert [(each.name, each.type.value) for each in declared.fields] == [
        ("order_id", "integer"),
        ("line_no", "integer"),
        ("line_no_2", "integer"),
        ("price", "decimal"),
        ("at", "instant"),
        ("meta", "json"),
        ("mood", "text"),
    ]
    assert read(PostgresqlRows(database_url), all_of(declared), declared) == (
        b"1\t2\t3\t4.50\t2024-01-01 00:00:00+00\t{}\t::1\n"
    )


def test_a_missing_table_cant_be_described(database_url: str) -> None:
    with pytest.raises(RowsRefused, match="42P01"):
        describe(database_url, "nowhere")


ODD = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN short AS varchar(5);
CREATE TABLE parents (id int PRIMARY KEY);
INSERT INTO parents VALUES (1);
CREATE TABLE odd (
    id int PRIMARY KEY, parent int, mood mood, tags text[], net inet, flag bool, padded char(5),
    short short, number int, word text, day date, clock time, local timestamp, at timestamptz,
    n numeric, x float4, whole int2, code uuid, doc json, docb jsonb);
INSERT INTO odd VALUES (1, 1, 'sad', '{a,"b c"}', '10.0.0.1', true, 'x', 'é', 5,
     E'\\x01\\x1f\\x7f\\\\\\t"/\\n',
     'infinity', '24:00', '-infinity', 'infinity', 'NaN', 'Infinity', 1, gen_random_uuid(),
     E'{"a":\\n [1.50, "\\\\u0041"]}', '{"b": 1e3}');
INSERT INTO odd VALUES (2, 1, 'ok', '{}', '::1', false, '', '', -5, '',
     '0044-03-15 BC', '00:00:00.5',
     '0044-03-15 12:00 BC', '0044-03-15 12:00Z BC', '-Infinity', '-Infinity', -1, NULL, 'null');
INSERT INTO odd VALUES (3, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '294000-01-01', NULL,
     '294000-01-01 00:00:01', '294000-01-01 00:00:01Z', 1.10, 'NaN', NULL, NULL, NULL, 'null');
INSERT INTO odd VALUES (4, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     E'é李😀 \\\\N %s', '0001-01-01', NULL,
     '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999Z', 0.000, 1e30);
INSERT INTO odd VALUES (5, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     '0001-01-01', '0001-01-01Z', 12345678901234567890, 0.1, NULL, NULL, '{}');
"""
_OF_TYPE = {
    FieldType.TEXT: ("mood", "tags", "net", "flag", "padded", "short", "number", "word"),
    FieldType.DATE: ("day",),
    FieldType.TIME: ("clock",),
    FieldType.TIMESTAMP: ("local",),
    FieldType.INSTANT: ("at",),
    FieldType.DECIMAL: ("n",),
    FieldType.FLOAT: ("x",),
    FieldType.INTEGER: ("whole",),
    FieldType.UUID: ("code",),
    FieldType.JSON: ("doc", "docb"),
}


def test_odd_values_in_an_array_are_what_the_json_format_makes_of_them(database_url: str) -> None:
    run(database_url, ODD)
    fields = [field(name, of) for of, names in _OF_TYPE.items() for name in names]
    odd = dataset("odd", *(field(name, FieldType.INTEGER) for name in ("id", "parent")), *fields)
    relation = Relation(name="odd", dataset="odd", on={"id": "parent"}, many=True)
    parents = replace(
        dataset("parents", field("id", FieldType.INTEGER)),
        relations=(relation,),
        reachable={"odd": odd},
    )
    rows = PostgresqlRows(database_url)
    names = [each.name for each in fields]
    lines = as_json(rows, odd, *names).splitlines()
    nested = as_json(rows, parents, {"name": "odd", "fields": names})
    assert nested == f'{{"odd":[{",".join(lines)}]}}\n'
    assert len(json.loads(nested)["odd"]) == 5


def test_a_nested_value_has_members_whatever_the_columns_are_called(database_url: str) -> None:
    run(
        database_url,
        'CREATE TABLE "pa%rents" ("y0" int PRIMARY KEY, j int)',
        'CREATE TABLE "odd %s" ("y0" int PRIMARY KEY, "pa""%%rent" int, "row_to_json" text)',
        'INSERT INTO "pa%rents" VALUES (1, 7); INSERT INTO "odd %s" VALUES (5, 1, \'%s\')',
    )
    key = replace(field("id", FieldType.INTEGER), column="y0")
    odd = dataset(
        "odd",
        key,
        replace(field("parent", FieldType.INTEGER), column='pa"%%rent'),
        replace(field("y0", FieldType.TEXT), column="row_to_json"),
    )
    there = Relation(name="odd", dataset="odd", on={"id": "parent"}, many=True)
    back = Relation(name="up", dataset="parents", on={"parent": "id"})
    odd = replace(odd, table="odd %s", relations=(back,))
    parents = replace(
        dataset("parents", key, field("j", FieldType.INTEGER)),
        table="pa%rents",
        relations=(there,),
    )
    parents = replace(parents, reachable={"odd": odd, "parents": parents})
    nested = {"name": "odd", "fields": ["y0", "up.j", {"name": "up", "fields": ["id"]}]}
    found = as_json(PostgresqlRows(database_url), parents, nested)
    assert found == '{"odd":[{"y0":"%s","up.j":7,"up":{"id":1}}]}\n'


def test_few_rows_are_looked_up_and_all_are_grouped(database_url: str) -> None:
    run(
        database_url,
        "CREATE TABLE owners (id int PRIMARY KEY, name text, joined date)",
        "CREATE TABLE samples (id int PRIMARY KEY, owner_id int, size int)",
        "INSERT INTO owners SELECT n FROM generate_series(1, 2000) n",
        "INSERT INTO samples SELECT n, n / 3 FROM generate_series(1, 6000) n",
        "CREATE INDEX ON samples (owner_id)",
        "ANALYZE owners, samples",
    )
    query = asked(OWNERS, "id", {"name": "samples", "fields": ["id", "size"]})
    few = replace(query, filter=parse(leaf("id", "in", [1, 2, 3])))
    with open_session(database_url, None) as session:
        assert cheaper_shape(session, OWNERS, few) is Shape.LOOKED_UP
        assert cheaper_shape(session, OWNERS, query) is Shape.GROUPED
