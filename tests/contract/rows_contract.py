"""What every source of rows promises; run on every real adapter.

A row goes in and comes out as canonical text: what PostgreSQL's COPY writes with ISO dates, UTC,
and the shortest floats that read back the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets import Dataset, FieldType
from domain.filters import AllOf, AnyOf, Filter, Not, TextMatch, Value, map_values, parse
from domain.ports import Rows, RowsRefused
from domain.rows import Order, RowQuery, check_query
from tests.filter_oracle import keeps
from tests.filter_strategies import fitting
from tests.samples import ASKED_AT, OWNERS, SAMPLES

Row: TypeAlias = tuple[str | None, ...]

NASTY: Final = (
    "tab\tnew\nline\r\\ 'single' \"double\" %s %% $1 _ ; -- /* \x01\x1f\x7f \\N \\. é李😀"
)
U1, U2, U3 = (f"00000000-0000-4000-8000-00000000000{digit}" for digit in "abc")

SAMPLE_ROWS: Final[tuple[Row, ...]] = (
    ("1", "Ada", "10", "1.50", "0.5", "t", "2024-03-30", "08:00:00", "2024-03-30 08:00:00",
     "2024-03-30 07:00:00+00", U1, '{"a": [1, "\\\\t"]}', "1"),
    ("2", "Bob", "20", "2.50", "1.5", "f", "2024-03-31", "12:00:00", "2024-03-31 12:00:00",
     "2024-03-31 10:00:00+00", U2, "[]", "2"),
    ("3", *[None] * 12),
    ("4", "Zoë", "30", "10.00", "1e+100", "t", "2024-04-01", "23:59:59.999999",
     "2024-04-01 23:59:59.999999", "2024-03-31 22:30:00.5+00", U3, '"x"', "1"),
    ("5", NASTY, "30", None, None, None, None, None, None, None, None, None, "99"),
    ("6", "", "-9223372036854775808", "-12345678901234567890.0123456789", "-1e-300", "f",
     "0001-01-01", "00:00:00", "0001-01-01 00:00:00", "0001-01-01 00:00:00+00", None, "null", None),
    ("7", "\\N", "9223372036854775807", "0.00", "0", "t", "9999-12-31", "12:34:56.789",
     "9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999+00", None, "{}", "2"),
    ("8", "ada 100%", "0", "100.00", "-0.1", "f", "2024-02-29", "00:00:00.000001",
     "2024-02-29 00:00:00", "2024-02-29 00:00:00.000001+00", None, "1.50", None),
)  # fmt: skip
OWNER_ROWS: Final[tuple[Row, ...]] = (
    ("1", "Smith", "2020-01-01"),
    ("2", "jones", None),
    ("3", "Nobody's", "2021-06-30"),
)
TABLES: Final[tuple[tuple[Dataset, tuple[Row, ...]], ...]] = (
    (OWNERS, OWNER_ROWS),
    (SAMPLES, SAMPLE_ROWS),
)

EVERYTHING: Final = RowQuery(fields=tuple(each.name for each in SAMPLES.fields), asked_at=ASKED_AT)
IDS: Final = replace(EVERYTHING, fields=("id",))


def leaf(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


class RowsContract:
    """A subclass sees a fixture `rows` of module scope: a source that holds `TABLES`."""

    def test_every_value_comes_out_as_its_canonical_text(self, rows: Rows) -> None:
        assert read(rows, EVERYTHING) == b"".join(map(copy_line, SAMPLE_ROWS))

    def test_fields_come_in_the_order_they_were_asked_for(self, rows: Rows) -> None:
        query = replace(EVERYTHING, fields=("name", "id"), limit=2)
        assert read(rows, query) == b"Ada\t1\nBob\t2\n"

    @pytest.mark.parametrize(
        ("size", "expected"), [(3, [3, 3, 2]), (4, [4, 4]), (1, [1] * 8), (100, [8])]
    )
    def test_fragments_are_full_but_the_last(
        self, rows: Rows, size: int, expected: list[int]
    ) -> None:
        with rows.snapshot(SAMPLES, EVERYTHING) as snapshot:
            fragments = list(snapshot.fragments(size))
        assert [fragment.rows for fragment in fragments] == expected
        assert [fragment.data.count(b"\n") for fragment in fragments] == expected
        assert b"".join(fragment.data for fragment in fragments) == read(rows, EVERYTHING)

    def test_no_row_is_no_fragment(self, rows: Rows) -> None:
        query = replace(IDS, filter=parse(leaf("size", "eq", 12345)))
        with rows.snapshot(SAMPLES, query) as snapshot:
            assert list(snapshot.fragments(10)) == []
            assert snapshot.count() == 0
        assert rows.preview(SAMPLES, query, 10).rows == 0

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            (leaf("size", "eq", 30), "45"),
            (leaf("size", "ne", "30"), "123678"),
            (leaf("size", "lt", 10), "68"),
            (leaf("size", "lte", 10), "168"),
            (leaf("size", "gt", 30), "7"),
            (leaf("size", "gte", -(2**63)), "1245678"),
            (leaf("size", "in", [10, 20, 21]), "12"),
            (leaf("size", "between", [10, 20]), "12"),
            (leaf("size", "between", [20, 10]), ""),
            (leaf("price", "eq", 1.5), "1"),
            (leaf("price", "gt", "2.499999999999999999"), "248"),
            (leaf("price", "in", ["-12345678901234567890.0123456789", "100"]), "68"),
            (leaf("ratio", "eq", 0.5), "1"),
            (leaf("ratio", "lt", "-1e-301"), "68"),
            (leaf("ratio", "between", [-1, 1]), "1678"),
            (leaf("paid", "eq", True), "147"),
            (leaf("paid", "ne", True), "23568"),
            (leaf("paid", "in", [False]), "268"),
            (leaf("day", "eq", "2024-02-29"), "8"),
            (leaf("day", "gte", "2024-03-31"), "247"),
            (leaf("day", "between", ["2024-02-29", "2024-03-30"]), "18"),
            (leaf("day", "eq", {"relative": "today", "zone": "Europe/Madrid"}), "2"),
            (leaf("day", "lt", {"relative": "start_of_month"}), "68"),
            (leaf("clock", "eq", "12:00"), "2"),
            (leaf("clock", "gt", "12:34:56.788"), "47"),
            (leaf("local", "lt", "2024-03-30T08:00:00.000001"), "168"),
            (leaf("local", "in", ["2024-02-29"]), "8"),
            (leaf("local", "gte", {"relative": "today", "zone": "Asia/Tokyo"}), "247"),
            (leaf("at", "eq", "2024-03-31T12:00:00+02:00"), "2"),
            (leaf("at", "gte", {"relative": "start_of_month+1M", "zone": "Europe/Madrid"}), "47"),
            (leaf("at", "gte", {"relative": "start_of_month+1M", "zone": "UTC"}), "7"),
            (leaf("at", "gt", {"relative": "now"}), "47"),
            (leaf("code", "eq", U1.upper()), "1"),
            (leaf("code", "in", [U2, U3]), "24"),
            (leaf("code", "ne", U1), "2345678"),
            ({"field": "extra", "op": "is_null"}, "35"),
            ({"field": "extra", "op": "not_null"}, "124678"),
            ({"field": "name", "op": "is_null"}, "3"),
            (leaf("name", "eq", ""), "6"),
            (leaf("name", "eq", "ada"), ""),
            (leaf("name", "ne", "Ada"), "2345678"),
            (leaf("name", "lt", "B"), "16"),
            (leaf("name", "gt", "Zoë"), "578"),
            (leaf("name", "between", ["A", "Bob"]), "12"),
            (leaf("name", "in", ["\\N", "", "x"]), "67"),
            (leaf("name", "contains", "o"), "245"),
            (leaf("name", "contains", "%"), "58"),
            (leaf("name", "contains", "_"), "5"),
            (leaf("name", "contains", "\\"), "57"),
            (leaf("name", "contains", "A") | {"ignore_case": True}, "158"),
            (leaf("name", "starts_with", "A"), "1"),
            (leaf("name", "starts_with", "ADA") | {"ignore_case": True}, "18"),
            (leaf("name", "ends_with", "ë"), "4"),
            (leaf("name", "ends_with", "Ë") | {"ignore_case": True}, "4"),
            (leaf("name", "ends_with", "%"), "8"),
            ({"not": leaf("size", "lt", 10)}, "123457"),
            ({"not": {"not": leaf("size", "lt", 10)}}, "68"),
            ({"not": {"field": "size", "op": "is_null"}}, "1245678"),
            ({"and": [leaf("size", "gt", 0), leaf("paid", "eq", True)]}, "147"),
            ({"or": [leaf("size", "eq", 20), leaf("paid", "eq", True)]}, "1247"),
            ({"not": {"or": [leaf("size", "eq", 20), leaf("paid", "eq", True)]}}, "3568"),
            ({"not": {"and": [leaf("size", "eq", 30), leaf("paid", "eq", True)]}}, "1235678"),
            (leaf("owner.name", "eq", "Smith"), "14"),
            (leaf("owner.name", "ne", "Smith"), "235678"),
            ({"field": "owner.id", "op": "is_null"}, "3568"),
            (leaf("owner.joined", "lt", {"relative": "-1y"}), "14"),
        ],
    )  # fmt: skip
    def test_a_filter_keeps_what_it_says(self, rows: Rows, document: object, expected: str) -> None:
        query = replace(IDS, filter=parse(document))
        check_query(query, SAMPLES)
        assert read(rows, query).replace(b"\n", b"").decode() == expected
        assert rows.count(SAMPLES, query) == len(expected)

    @settings(max_examples=60)
    @given(st.data())
    def test_a_filter_keeps_what_the_language_says(self, rows: Rows, data: st.DataObject) -> None:
        tree = data.draw(near_the_rows())
        kept = [row[0] for row in SAMPLE_ROWS if keeps(tree, SAMPLES, by_name(row))]
        with rows.snapshot(SAMPLES, replace(IDS, filter=tree)) as snapshot:
            read_ids = b"".join(fragment.data for fragment in snapshot.fragments(8))
            assert snapshot.count() == len(kept)
        assert read_ids.decode().split() == kept
        left = rows.count(SAMPLES, replace(IDS, filter=Not(item=tree)))
        assert left == len(SAMPLE_ROWS) - len(kept)

    @settings(max_examples=30)
    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
    def test_a_value_is_only_ever_a_value(self, rows: Rows, text: str) -> None:
        matching = {
            "contains": "__contains__",
            "starts_with": "startswith",
            "ends_with": "endswith",
        }
        names = [(row[0], row[1]) for row in SAMPLE_ROWS]
        for op, method in matching.items():
            query = replace(IDS, filter=parse(leaf("name", op, text)))
            kept = [key for key, name in names if name is not None and getattr(name, method)(text)]
            assert read(rows, query).decode().split() == kept
        listed = replace(IDS, filter=parse(leaf("name", "in", [text, NASTY, "{", '"', ","])))
        assert b"5\n" in read(rows, listed)
        assert rows.count(SAMPLES, EVERYTHING) == len(SAMPLE_ROWS)

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (["size"], "68124573"),
            (["-size"], "37452186"),
            (["name"], "61247853"),
            (["-name"], "35874216"),
            (["paid", "-price"], "82641735"),
            (["ratio"], "86712435"),
            (["at"], "68124735"),
            (["-day", "id"], "35742186"),
            (["owner.name", "-id"], "41728653"),
        ],
    )
    def test_rows_come_in_one_total_order(
        self, rows: Rows, order: list[str], expected: str
    ) -> None:
        query = replace(IDS, order=tuple(map(_order, order)))
        check_query(query, SAMPLES)
        assert read(rows, query).replace(b"\n", b"").decode() == expected

    def test_a_relations_fields_come_with_the_row(self, rows: Rows) -> None:
        query = replace(IDS, fields=("id", "owner.name", "owner.joined"))
        names = {owner[0]: owner for owner in OWNER_ROWS}
        absent = (None, None, None)
        assert read(rows, query) == b"".join(
            copy_line((row[0], *names.get(row[12] or "", absent)[1:])) for row in SAMPLE_ROWS
        )

    def test_a_limit_takes_the_first_rows_and_doesnt_change_the_count(self, rows: Rows) -> None:
        query = replace(IDS, order=(Order(field="size", direction="desc"),), limit=3)
        with rows.snapshot(SAMPLES, query) as snapshot:
            assert snapshot.count() == 8
            assert [fragment.data for fragment in snapshot.fragments(10)] == [b"3\n7\n4\n"]
            assert snapshot.count() == 8
        assert rows.count(SAMPLES, query) == 8

    def test_a_preview_is_the_first_rows(self, rows: Rows) -> None:
        assert rows.preview(SAMPLES, IDS, 3).data == b"1\n2\n3\n"
        assert rows.preview(SAMPLES, IDS, 3).rows == 3
        assert rows.preview(SAMPLES, replace(IDS, limit=2), 3).data == b"1\n2\n"
        assert rows.preview(SAMPLES, IDS, 100).rows == 8

    def test_an_estimate_is_a_number_of_rows(self, rows: Rows) -> None:
        estimate = rows.estimate(SAMPLES, EVERYTHING)
        assert 0 <= estimate.rows < 1_000_000
        assert estimate.row_bytes > rows.estimate(SAMPLES, IDS).row_bytes > 0

    def test_a_snapshot_says_when_it_was_taken(self, rows: Rows) -> None:
        with rows.snapshot(SAMPLES, IDS) as snapshot:
            assert snapshot.taken_at.utcoffset() == timedelta(0)
            assert abs(datetime.now(UTC) - snapshot.taken_at) < timedelta(minutes=5)

    def test_a_snapshot_left_early_leaves_nothing_behind(self, rows: Rows) -> None:
        for _ in range(5):
            with rows.snapshot(SAMPLES, IDS) as snapshot:
                fragments = snapshot.fragments(1)
                assert next(iter(fragments)).data == b"1\n"
        assert rows.count(SAMPLES, IDS) == 8

    def test_other_questions_are_answered_at_the_same_instant(self, rows: Rows) -> None:
        with rows.snapshot(SAMPLES, IDS) as snapshot:
            assert snapshot.count() == 8
            assert b"".join(each.data for each in snapshot.fragments(3)).count(b"\n") == 8
            few = snapshot.of(SAMPLES, replace(EVERYTHING, fields=("name",), limit=2))
            assert [each.data for each in few.fragments(10)] == [b"Ada\nBob\n"]
            assert few.count() == 8
            none = snapshot.of(SAMPLES, replace(IDS, limit=0))
            assert list(none.fragments(10)) == []
            assert few.taken_at == none.taken_at == snapshot.taken_at
            with pytest.raises(RowsRefused):
                snapshot.of(replace(SAMPLES, table="no_such_table"), IDS)

    def test_a_missing_table_or_column_is_refused(self, rows: Rows) -> None:
        gone = replace(SAMPLES, table="no_such_table")
        first = replace(SAMPLES.fields[0], column="no_such_column")
        for dataset in (gone, replace(SAMPLES, fields=(first, *SAMPLES.fields[1:]))):
            with pytest.raises(RowsRefused), rows.snapshot(dataset, IDS):
                pass
            with pytest.raises(RowsRefused):
                rows.preview(dataset, IDS, 1)
        with pytest.raises(RowsRefused):
            rows.count(gone, IDS)

    def test_a_field_of_another_type_than_its_column_is_refused(self, rows: Rows) -> None:
        wrong = replace(SAMPLES.fields[1], type=FieldType.INTEGER)
        dataset = replace(SAMPLES, fields=(SAMPLES.fields[0], wrong))
        query = replace(IDS, fields=("id", "name"))
        with pytest.raises(RowsRefused, match="field name"), rows.snapshot(dataset, query):
            pass


def read(rows: Rows, query: RowQuery, dataset: Dataset = SAMPLES) -> bytes:
    """All rows of a query, in one piece."""
    with rows.snapshot(dataset, query) as snapshot:
        return b"".join(fragment.data for fragment in snapshot.fragments(1_000))


_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
)


def copy_line(row: Row) -> bytes:
    cells = ("\\N" if cell is None else cell.translate(_ESCAPES) for cell in row)
    return ("\t".join(cells) + "\n").encode()


def _order(text: str) -> Order:
    if text.startswith("-"):
        return Order(field=text[1:], direction="desc")
    return Order(field=text)


def by_name(row: Row) -> dict[str, str | None]:
    named = dict(zip((each.name for each in SAMPLES.fields), row, strict=True))
    owner = next((each for each in OWNER_ROWS if each[0] == row[12]), (None, None, None))
    relation = zip((each.name for each in OWNERS.fields), owner, strict=True)
    return named | {f"owner.{name}": cell for name, cell in relation}


@st.composite
def near_the_rows(draw: st.DrawFn) -> Filter:
    """Filters in which most values are those of a row, so that they decide something."""

    def nearer(name: str, value: Value) -> Value:
        stored = sorted({text for row in SAMPLE_ROWS if (text := by_name(row)[name])})
        if not draw(st.integers(0, 3)):
            return value
        return _on_the_wire(SAMPLES.resolve(name).type, draw(st.sampled_from(stored)))

    return _minding_case(map_values(draw(fitting), nearer))


def _on_the_wire(field_type: FieldType, text: str) -> Value:
    match field_type:
        case FieldType.BOOLEAN:
            return text == "t"
        case FieldType.INSTANT:
            return datetime.fromisoformat(text).isoformat()
        case _:
            return text


def _minding_case(tree: Filter) -> Filter:
    """The same without `ignore_case`: which letters are alike, the explicit cases say."""
    match tree:
        case AllOf(items=items) | AnyOf(items=items):
            return replace(tree, items=tuple(map(_minding_case, items)))
        case Not(item=item):
            return Not(item=_minding_case(item))
        case TextMatch():
            return replace(tree, ignore_case=False)
        case _:
            return tree
