"""Charts of groups in PDFs."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pytest

from domain.datasets import FieldType
from domain.formats import FormatInvalid, parse_format
from domain.ports import Fragment
from processors.renderers import Column, RenderPlan, prepare
from tests.joined import joined

_COLUMNS = (
    Column(name="who", label="Who", type=FieldType.TEXT),
    Column(name="n", label="Number", type=FieldType.DECIMAL),
)


def _file(groups: list[tuple[str, str]], charts: object, size: int = 10_000, **more: Any) -> bytes:
    options = {
        "cover": False,
        "group_by": ["who"],
        "totals": {"n": "sum"},
        "charts": {"n": charts},
        **more,
    }
    spec = parse_format({"format": "pdf", "options": options})
    frame = prepare(RenderPlan(spec=spec, columns=_COLUMNS, order=("who",)))
    rows = [f"{who}\t{number}\n".encode() for who, number in groups]
    cuts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return joined(
        frame, [frame.render(Fragment(rows=len(cut), data=b"".join(cut))) for cut in cuts]
    )


def _last(file: bytes) -> tuple[list[str], int]:
    """The lines of the last page, and how many shapes it has."""
    with pikepdf.open(BytesIO(file)) as document:
        assert document.check_pdf_syntax() == []
    with pypdfium2.PdfDocument(file) as document:
        page = document[len(document) - 1]
        lines = page.get_textpage().get_text_range().splitlines()
        return lines, sum(
            each.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH for each in page.get_objects()
        )


def test_bars_are_named_and_have_their_values() -> None:
    lines, shapes = _last(_file([("Ann", "3"), ("Ann", "1"), ("שלום", "-2"), ("Łódź", "9")], "bar"))
    text = " ".join(lines)
    assert lines[:2] == ["Sum of Number by Who", "3 groups"]
    assert all(said in text for said in ("Ann 4", "-2", "Łódź 9"))
    assert shapes >= 4


def test_of_many_groups_bars_show_the_largest_in_the_order_of_the_file() -> None:
    lines, _ = _last(_file([(f"g{n:03}", str(n % 50)) for n in range(100)], "bar"))
    assert lines[1] == "The 24 largest of 100 groups"
    named = [line.split()[0] for line in lines if line.startswith("g")]
    assert named == [f"g{n:03}" for n in (*range(38, 50), *range(88, 100))]


def test_a_pie_has_the_largest_and_all_others() -> None:
    lines, shapes = _last(_file([(f"g{n:02}", "1") for n in range(20)], "pie"))
    text = " ".join(lines)
    assert lines[1] == "The 11 largest of 20 groups"
    assert "g00 1 5.0 %" in text
    assert "9 others 9 45.0 %" in text
    assert shapes >= 12


@pytest.mark.parametrize("number", ["-1", "0"])
def test_a_pie_that_would_lie_is_not_drawn(number: str) -> None:
    lines, shapes = _last(_file([("a", number)], "pie"))
    assert lines[1].startswith("Not drawn: a pie")
    assert shapes == 0


def test_a_line_has_all_groups_or_is_not_drawn() -> None:
    lines, shapes = _last(_file([(f"g{n:03}", str(n)) for n in range(200)], "line"))
    assert lines[1] == "200 groups"
    assert shapes > 0
    lines, shapes = _last(_file([(f"g{n:03}", str(n)) for n in range(201)], "line"))
    assert lines[1] == "Not drawn: a line has at most 200 groups, not 201"
    assert shapes == 0


def test_groups_without_a_number_are_said() -> None:
    lines, _ = _last(_file([("a", "NaN"), ("b", "2"), ("c", "Infinity")], "bar"))
    assert lines[1] == "1 group; 2 without a number"
    lines, _ = _last(_file([], "bar"))
    assert lines[1] == "No group has a number to show"


@pytest.mark.parametrize("chart", ["bar", "pie", "line"])
@pytest.mark.parametrize("number", ["0.0001", "1" + "0" * 400, "5"])
def test_numbers_of_any_size_are_drawn_on_the_smallest_page(chart: str, number: str) -> None:
    small: dict[str, Any] = {"page": "a5", "margin": 100, "orientation": "portrait", "font_size": 4}
    _, shapes = _last(_file([("a " * 90, number), ("b", "1")], chart, **small))
    assert shapes > 0


def test_charts_are_the_same_wherever_fragments_begin() -> None:
    groups = [(f"g{n // 3:03}", f"{n}.25") for n in range(150)]
    charts = ["bar", "pie", "line"]
    assert _file(groups, charts, 7) == _file(groups, charts)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"totals": {"n": "sum"}, "charts": {"n": "bar"}}, "group_by"),
        ({"group_by": ["who"], "charts": {"n": "bar"}}, "no totals"),
        (
            {"group_by": ["who"], "totals": {"n": ["average", "sum"]}, "charts": {"n": "pie"}},
            "sums or counts",
        ),
        ({"group_by": ["who"], "totals": {"n": "sum"}, "charts": {"n": "cake"}}, "Use bar"),
    ],
)
def test_charts_of_nothing_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(FormatInvalid, match="/options/charts") as refused:
        parse_format({"format": "pdf", "options": options})
    assert problem in str(refused.value)
