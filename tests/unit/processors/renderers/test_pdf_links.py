"""Addresses in PDFs that can be clicked."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pikepdf
import pytest

from domain.datasets import FieldType
from domain.formats import parse_format
from domain.ports import Fragment
from processors.renderers import Column, Frame, RenderPlan, prepare
from processors.renderers.frames import FieldNotThere
from processors.renderers.pdf.links import NoAddresses
from tests.joined import joined

_COLUMNS = (
    Column(name="id", label="Id", type=FieldType.INTEGER),
    Column(name="page", label="Page", type=FieldType.TEXT),
)


def _frame(**options: Any) -> Frame:
    given = {"cover": False, "links": ["page"], **options}
    spec = parse_format({"format": "pdf", "options": given})
    return prepare(RenderPlan(spec=spec, columns=_COLUMNS, order=tuple(given.get("group_by", ()))))


def _file(pages: list[str], size: int = 1000, **options: Any) -> bytes:
    frame = _frame(**options)
    rows = [f"{number // 3}\t{page}\n".encode() for number, page in enumerate(pages)]
    cuts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return joined(
        frame, [frame.render(Fragment(rows=len(cut), data=b"".join(cut))) for cut in cuts]
    )


def _links(file: bytes) -> list[list[tuple[str, list[int]]]]:
    """Of each page, the addresses and where they are."""
    with pikepdf.open(BytesIO(file)) as document:
        assert document.check_pdf_syntax() == []
        return [
            [
                (str(each.A.URI), [int(edge) for edge in each.Rect])
                for each in page.get("/Annots", [])
            ]
            for page in document.pages
        ]


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a?b=(c)&d=%20#e", "http://x", "mailto:a@example.org", "HTTPS://X.org"],
)
def test_an_address_can_be_clicked(address: str) -> None:
    ((link,),) = _links(_file([address]))
    assert link[0] == address


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "see https://x.org",
        "https://x.org y",
        "https://x.org\\nhttps://y.org",
        "https://ü.org",
        "https://x.org/" + "a" * 2500,
        "",
        r"\N",
    ],
)
def test_what_is_no_address_is_text_only(text: str) -> None:
    assert _links(_file([text])) == [[]]


def test_links_are_on_their_cells() -> None:
    ((first, second),) = _links(_file(["https://a.org", "no", "https://b.org"]))
    assert first[1][0] == second[1][0] > 36
    height = first[1][3] - first[1][1]
    assert first[1][1] - second[1][1] == 2 * height


def test_links_are_the_same_wherever_fragments_begin() -> None:
    pages = [f"https://x.org/{number}" if number % 4 else "none" for number in range(150)]
    options: dict[str, Any] = {"group_by": ["id"], "totals": {"page": "count"}}
    assert _file(pages, 7, **options) == _file(pages, **options)
    linked = [uri for page in _links(_file(pages, **options)) for uri, _ in page]
    assert linked == [page for page in pages if page != "none"]


def test_a_link_in_a_row_over_several_pages_is_on_its_last() -> None:
    *before, last = _links(_file(["https://x.org/" + "a" * 1900], page="a5", font_size=24))
    assert len(before) > 0
    assert [len(page) for page in before] == [0] * len(before)
    assert len(last) == 1


def test_links_in_what_is_not_exported_or_no_text_are_refused() -> None:
    with pytest.raises(FieldNotThere, match="'other'"):
        _frame(links=["other"])
    with pytest.raises(NoAddresses, match="id"):
        _frame(links=["id"])
