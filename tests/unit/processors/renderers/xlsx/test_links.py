"""Addresses as links, and what is no address as the text that it is."""

from __future__ import annotations

import re
from io import BytesIO

import openpyxl
import pytest

from domain.datasets import FieldType
from domain.formats import FormatInvalid, XlsxOptions, parse_format
from domain.json_shapes import Listed
from processors.renderers.frames import FieldNotThere
from processors.renderers.xlsx.links import LinkUnfit
from tests.joined import joined
from tests.unit.processors.renderers.xlsx.sheets import fragment, frame, inflated
from tests.workbooks import check, read_with_calamine

_LINKS = XlsxOptions(links=Listed(["a"]))


def _cells(*values: bytes) -> list[str]:
    part = frame(_LINKS, FieldType.TEXT).render(fragment(*values))
    return re.findall("<row>(.*?)</row>", inflated(part), re.DOTALL)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/a?b=1&c=%20#d",
        "HTTP://example.com",
        "mailto:jo@example.com?subject=hi",
        "http://x/[bad",  # a browser's business
        "https://" + "x" * 247,
    ],
)
def test_an_address_is_a_link_that_shows_itself(address: str) -> None:
    file = joined(made := frame(_LINKS, FieldType.TEXT), [made.render(fragment(address.encode()))])
    check(file)
    cell = openpyxl.load_workbook(BytesIO(file)).active["A2"]
    assert cell.value == f'=HYPERLINK("{address}")'
    assert cell.font.underline == "single"
    assert read_with_calamine(file)[1] == [address]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"example.com",
        b"https://",
        b"javascript:alert(1)",
        b"file:///etc/passwd",
        b'https://x"),1)',
        b"https://x y",
        rb"https://x\ny",
        rb"https://x\\y",
        b"https://_x0041_",
        b" https://x",
        b"https://x<y>",
        "https://exämple.de".encode(),
        b"https://" + b"x" * 248,
        b'=HYPERLINK("https://x")',
    ],
)
def test_anything_else_stays_an_inert_text_in_its_own_style(text: bytes) -> None:
    plain = frame(XlsxOptions(), FieldType.TEXT).render(fragment(text))
    assert frame(_LINKS, FieldType.TEXT).render(fragment(text)).data == plain.data
    beside = _cells(text, b"https://x")
    assert "<f>" not in beside[0]
    assert "<f>" in beside[1]
    assert _cells(text)[0] == beside[0]


def test_null_is_an_empty_cell_and_rejected_rows_are_rejected() -> None:
    assert _cells(rb"\N", b"https://x")[0] == "<c/>"
    part = frame(_LINKS, FieldType.TEXT).render(fragment(b"https://x", b"\xff"))
    assert (part.rows, len(part.rejected)) == (1, 1)


def test_links_keep_their_number_of_style_whatever_comes_before_them() -> None:
    options = XlsxOptions(links=Listed(["b"]), cover=True, field_formats=(("b", "@"),))
    made = frame(options, FieldType.INTEGER, FieldType.TEXT)
    file = joined(made, [made.render(fragment(b"1\thttps://x"))])
    check(file)
    cell = openpyxl.load_workbook(BytesIO(file)).worksheets[1]["B2"]
    assert (cell.font.underline, cell.number_format) == ("single", "@")


def test_only_texts_that_are_there_can_be_links() -> None:
    with pytest.raises(LinkUnfit, match="links names a, which is integer"):
        frame(_LINKS, FieldType.INTEGER)
    with pytest.raises(FieldNotThere, match="links names 'z'"):
        frame(XlsxOptions(links=Listed(["z"])), FieldType.TEXT)
    with pytest.raises(FormatInvalid, match="/options/links names something twice"):
        parse_format({"format": "xlsx", "options": {"links": ["a", "a"]}})
