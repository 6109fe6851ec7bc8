"""Groups and totals in PDFs: what stands around rows, the same wherever fragments begin."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.formats import FormatInvalid, parse_format, to_json
from domain.ports import Fragment
from processors.renderers import Column, Frame, Part, Reason, RenderPlan, prepare
from processors.renderers.frames import FieldNotThere
from processors.renderers.pdf import outline
from processors.renderers.pdf.layout import PageTooNarrow
from processors.renderers.pdf.report import RowsNotInGroups
from processors.renderers.pdf.totals import NoNumbers
from tests.joined import joined

_COLUMNS = (
    Column(name="country", label="Country", type=FieldType.TEXT),
    Column(name="day", label="Day", type=FieldType.DATE),
    Column(name="name", label="Name", type=FieldType.TEXT),
    Column(name="amount", label="Amount", type=FieldType.DECIMAL),
)
_GROUPED: dict[str, Any] = {"cover": False, "group_by": ["country"], "totals": {"amount": "sum"}}


def _frame(options: dict[str, Any], order: tuple[str, ...] | None = None) -> Frame:
    spec = parse_format({"format": "pdf", "options": options})
    by_group = tuple(options.get("group_by", ()))
    return prepare(
        RenderPlan(spec=spec, columns=_COLUMNS, order=by_group if order is None else order)
    )


def _row(country: str, amount: str = "1.50", name: str = "x", day: str = "2026-01-31") -> str:
    return f"{country}\t{day}\t{name}\t{amount}\n"


def _parts(frame: Frame, rows: list[str], size: int) -> list[Part]:
    cuts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return [frame.render(Fragment(rows=len(cut), data="".join(cut).encode())) for cut in cuts]


def _file(rows: list[str], options: dict[str, Any], size: int = 100_000) -> bytes:
    frame = _frame(options)
    return joined(frame, _parts(frame, rows, size))


def _lines(pdf: bytes) -> list[list[str]]:
    """Of each page, without title and page number."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    return [text.splitlines()[:-1] for text in texts]


def _read(rows: list[str], **options: Any) -> list[str]:
    (page,) = _lines(_file(rows, {**_GROUPED, **options}))
    return page


def test_groups_have_a_header_and_their_sum_below_and_all_rows_theirs() -> None:
    rows = [_row("Peru", "1.50"), _row("Peru", "2.25"), _row("Spain", "-10")]
    assert _read(rows)[1:] == [
        "Country: Peru",
        "2026-01-31 x 1.50",
        "2026-01-31 x 2.25",
        "Sum: Peru (2 rows) 3.75",
        "Country: Spain",
        "2026-01-31 x -10",
        "Sum: Spain (1 row) -10",
        "Sum: all (3 rows) -6.25",
    ]


def test_the_field_of_a_group_is_no_column() -> None:
    assert _read([_row("Peru")])[0] == "Day Name Amount"


def test_groups_within_groups_end_with_the_one_around_them() -> None:
    rows = [_row("A", day="2026-01-01"), _row("A", day="2026-01-02"), _row("B", day="2026-01-02")]
    shown = _read(rows, group_by=["country", "day"])
    assert [line for line in shown if ":" in line] == [
        "Country: A",
        "Day: 2026-01-01",
        "Sum: 2026-01-01 (1 row) 1.50",
        "Day: 2026-01-02",
        "Sum: 2026-01-02 (1 row) 1.50",
        "Sum: A (2 rows) 3.00",
        "Country: B",
        "Day: 2026-01-02",
        "Sum: 2026-01-02 (1 row) 1.50",
        "Sum: B (1 row) 1.50",
        "Sum: all (3 rows) 4.50",
    ]


def test_null_and_the_empty_text_are_groups_of_their_own() -> None:
    shown = _read([_row(""), _row(r"\N")], totals={})
    assert [line for line in shown if "Country" in line] == ["Country:", "Country: (none)"]
    assert "Country: NULL" in _read([_row(r"\N")], null_text="NULL")


def test_days_are_grouped_as_they_are_written() -> None:
    rows = [_row("", day=f"2026-0{1 + number // 2}-0{1 + number}") for number in range(4)]
    shown = _read(rows, group_by=["day"], date_format="MM/YYYY", totals={})
    assert [line for line in shown if "Day" in line] == ["Day: 01/2026", "Day: 02/2026"]


def test_a_page_that_begins_within_a_group_says_so() -> None:
    pages = _lines(_file([_row("Peru")] * 100, _GROUPED))
    assert len(pages) > 1
    assert {page[1] for page in pages[1:]} == {"Country: Peru (continued)"}
    assert pages[-1][-2:] == ["Sum: Peru (100 rows) 150.00", "Sum: all (100 rows) 150.00"]


def test_a_header_is_never_the_last_line_of_a_page() -> None:
    rows = [_row(f"Country {number // 3}") for number in range(300)]
    for page in _lines(_file(rows, _GROUPED)):
        assert not page[-1].startswith("Country:")


def test_a_header_taller_than_a_page_goes_on_and_loses_nothing() -> None:
    name = " ".join(f"word{number}" for number in range(4000))
    pages = _lines(_file([_row(name)], {**_GROUPED, "page": "a5", "totals": {}}))
    shown = " ".join(" ".join(page) for page in pages)
    assert len(pages) > 2
    assert all(f"word{number}" in shown for number in range(4000))


def test_all_totals_have_a_line_each_for_the_fields_that_want_them() -> None:
    rows = [_row("A", "1"), _row("A", "2"), _row("A", r"\N"), _row("A", "-5", name=r"\N")]
    asked = {"amount": ["count", "max", "min", "average", "sum"], "name": "count"}
    assert _read(rows, group_by=[], totals=asked)[-5:] == [
        "Sum: all (4 rows) -2",
        "Average -0.67",
        "Minimum -5",
        "Maximum 2",
        "Count 3 3",
    ]


def test_totals_of_no_rows_are_said_too() -> None:
    (page,) = _lines(_file([], {**_GROUPED, "totals": {"amount": ["sum", "min"]}}))
    assert page[1:] == ["Sum: all (0 rows) 0", "Minimum –"]


def test_totals_are_written_as_values_are() -> None:
    written = {"thousands_separator": ".", "decimal_separator": ",", "decimal_places": 1}
    shown = _read([_row("A", "1234.56"), _row("A", "1000000")], **written)
    assert shown[-1] == "Sum: all (2 rows) 1.001.234,6"


def test_what_is_no_number_is_no_total() -> None:
    rows = [_row("A", "NaN"), _row("B", "Infinity"), _row("C", "10.5"), _row("D", "-Infinity")]
    shown = " ".join(_read(rows)).split("Sum: ")[1:]
    sums = [said.partition(") ")[2].split()[0] for said in shown]
    assert sums == ["NaN", "Infinity", "10.5", "-Infinity", "NaN"]


def test_a_total_wider_than_its_column_is_drawn_narrower_and_whole() -> None:
    shown = _read([_row("A", "9" * 300)], column_widths={"amount": 1})
    assert shown[-1].endswith("9" * 300)


def test_a_total_of_the_first_column_has_its_label_above() -> None:
    shown = _read([_row("A")], totals={"day": "count"}, column_widths={"name": 50})
    assert shown[-4:] == ["Count: A (1 row)", "1", "Count: all (1 row)", "1"]


def test_a_rejected_row_is_in_no_total_and_starts_no_group() -> None:
    rows = [_row("A"), _row("李"), _row("A", name="\x01"), _row("A")]
    frame = _frame(_GROUPED)
    (part,) = _parts(frame, rows, 100)
    assert [(r.row, r.field, r.reason) for r in part.rejected] == [
        (1, "country", Reason.NO_GLYPH),
        (2, "name", Reason.NO_GLYPH),
    ]
    (page,) = _lines(joined(frame, [part]))
    assert page[-2:] == ["Sum: A (2 rows) 3.00", "Sum: all (2 rows) 3.00"]
    assert sum("Country" in line for line in page) == 1


def test_a_file_of_rejected_rows_only_has_totals_of_none() -> None:
    (page,) = _lines(_file([_row("李")], _GROUPED))
    assert page[1:] == ["Sum: all (0 rows) 0"]


@settings(max_examples=30)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["A", "B", "Łódź", "نص", r"\N", "", "long " * 90]),
            st.sampled_from(["2026-01-01", "2026-01-02"]),
            st.sampled_from(["x", "two\\nlines", "tall\\n" * 40]),
            st.sampled_from(["1.5", "-2", r"\N", "NaN", "1e300"]),
        ),
        max_size=40,
    ),
    size=st.integers(1, 9),
)
def test_where_fragments_begin_changes_no_byte(
    rows: list[tuple[str, str, str, str]], size: int
) -> None:
    lines = [_row(country, amount, name, day) for country, day, name, amount in rows]
    options = {
        **_GROUPED,
        "page": "a5",
        "group_by": ["country", "day"],
        "totals": {"amount": ["sum", "average", "min", "max"], "name": "count"},
        "stripes": True,
    }
    assert _file(lines, options, size) == _file(lines, options)


def test_a_group_a_row_leaves_notes_small() -> None:
    rows = [_row(f"{'a rather long name of a country':40}{number}") for number in range(5000)]
    (part,) = _parts(_frame(_GROUPED), rows, 5000)
    assert len(part.note) < 2000


def test_the_outline_has_the_groups_with_their_pages() -> None:
    rows = [_row("A", day="2026-01-01")] * 99 + [_row("B", day="2026-01-02")] * 2
    file = _file(rows, {**_GROUPED, "cover": True, "group_by": ["country", "day"]})
    with pikepdf.open(BytesIO(file)) as document, document.open_outline() as shown:
        assert document.check_pdf_syntax() == []
        assert [each.title for each in shown.root] == ["Country: A", "Country: B"]
        second = shown.root[1]
        assert [kid.title for kid in second.children] == ["Day: 2026-01-02"]
    with pypdfium2.PdfDocument(file) as read:
        pages = [each.get_dest().get_index() for each in read.get_toc()]
    (begun,) = (n for n, page in enumerate(_lines(file)) if "Country: B" in page)
    assert pages == [1, 1, begun, begun]


def test_an_outline_of_too_many_groups_has_the_outer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "MOST", 5)
    options = {**_GROUPED, "group_by": ["country", "day"]}
    rows = [_row(country, day=f"2026-01-0{day}") for country in "AB" for day in range(1, 4)]
    with pypdfium2.PdfDocument(_file(rows, options)) as document:
        assert [item.get_title() for item in document.get_toc()] == ["Country: A", "Country: B"]
    with pypdfium2.PdfDocument(_file([_row(each) for each in "ABCDEF"], options)) as document:
        assert list(document.get_toc()) == []


@pytest.mark.parametrize("order", [(), ("day",), ("day", "country")])
def test_rows_that_do_not_come_in_groups_are_refused(order: tuple[str, ...]) -> None:
    with pytest.raises(RowsNotInGroups, match="begin the export's order with country, day"):
        _frame({"group_by": ["country", "day"]}, order)


def test_rows_may_have_more_order_than_groups() -> None:
    assert _frame({"group_by": ["country"]}, ("country", "name")) is not None


@pytest.mark.parametrize("options", [{"group_by": ["other"]}, {"totals": {"other": "sum"}}])
def test_fields_that_are_not_exported_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(FieldNotThere, match="'other'"):
        _frame(options)


def test_totals_of_texts_are_refused_but_for_their_count() -> None:
    with pytest.raises(NoNumbers, match="name"):
        _frame({"totals": {"name": ["count", "max"]}})


def test_groups_that_leave_no_column_are_refused() -> None:
    with pytest.raises(PageTooNarrow, match="every field"):
        _frame({"group_by": ["country", "day", "name", "amount"]})


def test_totals_that_fill_a_page_are_refused() -> None:
    asked = {"amount": ["sum", "average", "min", "max", "count"]}
    with pytest.raises(PageTooNarrow):
        _frame({"totals": asked, "page": "a5", "font_size": 24, "margin": 100})


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("group_by", "country", "must be an array"),
        ("group_by", ["a", 1], "must be the name of a field"),
        ("group_by", ["a", "a"], "twice"),
        ("group_by", list("abcdef"), "at most 5"),
        ("totals", {"a": "total"}, "'a'"),
        ("totals", {"a": []}, "at least one"),
        ("totals", {"a": ["sum", "sum"]}, "twice"),
        ("totals", ["a"], "object"),
    ],
)
def test_a_wrong_option_is_told_where_it_is(option: str, value: object, problem: str) -> None:
    with pytest.raises(FormatInvalid, match=f"/options/{option}") as refused:
        parse_format({"format": "pdf", "options": {option: value}})
    assert any(problem in each.text for each in refused.value.problems)


@pytest.mark.parametrize(
    "other",
    [{"totals": {"a": "count"}}, {"column_widths": {"a": 3}}, {"alignments": {"a": "left"}}],
)
def test_a_group_has_no_column_to_say_anything_about(other: dict[str, Any]) -> None:
    with pytest.raises(FormatInvalid, match="group_by"):
        parse_format({"format": "pdf", "options": {"group_by": ["a"], **other}})


def test_groups_and_totals_come_back_from_json() -> None:
    spec = parse_format(
        {"format": "pdf", "options": {"group_by": ["b", "a"], "totals": {"c": "sum"}}}
    )
    said = to_json(spec)["options"]
    assert (said["group_by"], said["totals"]) == (["b", "a"], {"c": ["sum"]})
    assert parse_format(to_json(spec)) == spec
    assert to_json(parse_format({"format": "pdf"}))["options"]["group_by"] == []
