"""What is particular to PDF: pages, glyphs, fonts, and what doesn't fit. Values, chunks and
rejections are in the renderers' contract."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from io import BytesIO
from uuid import UUID

import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.datasets import FieldType
from domain.format_options import Header, OptionConflict, Unencodable
from domain.formats import (
    PDF_FONTS,
    Compression,
    Format,
    FormatInvalid,
    FormatSpec,
    PdfOptions,
    parse_format,
    to_json,
)
from domain.pdf_options import Alignment, Overflow, Page
from domain.ports import Fragment
from processors.renderers import Column, Facts, Part, Reason, RenderPlan, prepare
from processors.renderers.frames import FieldNotThere
from processors.renderers.pdf.faces import shipped_faces
from processors.renderers.pdf.latin import LatinLines, latin_shape
from processors.renderers.pdf.layout import PageTooNarrow
from processors.renderers.pdf.shaping import Pen
from processors.renderers.pdf.texts import drawable
from tests.contract.pdf_reading import read_table
from tests.images import png
from tests.joined import joined

_FACTS = Facts(
    export_id=UUID(int=7),
    title="Orders",
    filter="amount is at least 10",
    requested_by=UUID(int=9),
    requested_at=datetime(2026, 11, 23, 20, 0, tzinfo=UTC),
)
_TEXT = Column(name="text", label="Text", type=FieldType.TEXT)


def _plan(
    options: PdfOptions, columns: tuple[Column, ...] = (_TEXT,), facts: Facts = _FACTS
) -> RenderPlan:
    spec = FormatSpec(format=Format.PDF, options=options)
    return RenderPlan(spec=spec, columns=columns, facts=facts)


def _part(rows: list[str], options: PdfOptions) -> Part:
    data = "".join(row + "\n" for row in rows).encode()
    return prepare(_plan(options)).render(Fragment(rows=len(rows), data=data))


def _file(rows: list[str], options: PdfOptions) -> bytes:
    return joined(prepare(_plan(options)), [_part(rows, options)])


def _texts(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def test_a_checker_that_is_not_ours_finds_nothing_wrong() -> None:
    file = _file(
        [f"row {number} نص שלום नमस्ते ไทย Łukasz 😀" for number in range(500)], PdfOptions()
    )
    with pikepdf.open(BytesIO(file)) as document:
        assert document.check_pdf_syntax() == []
        assert document.docinfo["/Title"] == "Orders"
        assert document.docinfo["/CreationDate"] == "D:20261123200000+00'00'"


def test_the_cover_says_what_the_file_is() -> None:
    cover = _texts(_file(["a", "b"], PdfOptions()))[0]
    for said in ("Orders", "Rows 2", "amount is at least 10", "2026-11-23 20:00:00 UTC"):
        assert said in cover
    assert str(_FACTS.requested_by) in cover


_SAID = ("Rows 0", "2026-11-23 20:00:00 UTC", str(_FACTS.requested_by), str(_FACTS.export_id))


def _covers(options: PdfOptions, facts: Facts) -> list[str]:
    """The texts of the pages before that of the rows, on one line each."""
    *covers, rows = _texts(joined(prepare(_plan(options, facts=facts))))
    assert rows.endswith(f"Page {len(covers) + 1} of {len(covers) + 1}")
    return [cover.replace("\r\n", " ") for cover in covers]


def test_a_long_filter_leaves_room_for_who_asked_and_when_and_ends_in_a_mark() -> None:
    facts = replace(_FACTS, filter="id is one of " + "123456, " * 3_000, masked="Name, Amount")
    first, *more = _covers(PdfOptions(), facts)
    assert all(said in first for said in (*_SAID, "Masked Name, Amount", "Filter id is one of"))
    assert more
    assert all(page.startswith("Filter (continued) 123456, ") for page in more)
    assert more[-1].endswith("123456, […] The rest is in the waybill.")


def test_a_filter_that_goes_on_on_another_page_is_whole() -> None:
    filter_ = "id is one of " + ", ".join(map(str, range(1_000)))
    shown = " ".join(_covers(PdfOptions(), replace(_FACTS, filter=filter_)))
    assert filter_ in shown.replace("Filter (continued) ", "")
    assert "waybill" not in shown


def test_nothing_is_dropped_where_a_cover_has_hardly_any_room() -> None:
    logo = b64encode(png(200, 56, 1, bytes(56 * 201))).decode()
    options = PdfOptions(page=Page.A5, margin=144, logo=logo)
    facts = replace(_FACTS, masked="Name, Amount", filter="x " * 2_000)
    covers = _covers(options, facts)
    joined_up = "".join(covers).replace(" ", "")
    for said in (*_SAID, "Masked Name, Amount", "The rest is in the waybill."):
        assert said.replace(" ", "") in joined_up


def test_a_title_that_is_cut_ends_in_an_ellipsis() -> None:
    options = PdfOptions(page=Page.A5, title="A title that goes on " * 9)
    (cover,) = _covers(options, _FACTS)
    last, first, *_ = cover.split("…")  # the last line is drawn first
    assert last.startswith("A title that goes on A title")
    assert first.startswith(" A title that goes on A title")
    assert "…" not in _covers(PdfOptions(title="A title that goes on " * 4), _FACTS)[0]


def test_a_title_may_have_any_character_of_the_latin_font() -> None:
    title = "“Orders” – €5 … ‰ ÿ ¡ œ™"
    assert title in _texts(_file(["a"], PdfOptions(title=title)))[0]


def test_every_page_has_its_header_and_number() -> None:
    texts = _texts(_file([f"row {number}" for number in range(200)], PdfOptions(cover=False)))
    assert len(texts) > 3
    for number, text in enumerate(texts, 1):
        assert text.startswith("Orders\r\nText\r\n")
        assert text.endswith(f"Page {number} of {len(texts)}")


def test_no_rows_are_one_page_with_a_header() -> None:
    assert _texts(_file([], PdfOptions(cover=False))) == ["Orders\r\nText\r\nPage 1 of 1"]


def test_a_row_taller_than_a_page_goes_on_over_as_many_as_it_needs() -> None:
    tall = r"\n".join(f"line {number}" for number in range(500))
    options = PdfOptions(cover=False)
    file = _file(["before", tall, "after"], options)
    assert len(_texts(file)) > 7
    lines = "".join(f"line {number}" for number in range(500))
    assert read_table(file, 1, options.margin) == [["before"], [lines], ["after"]]


def test_a_value_that_is_cut_ends_in_an_ellipsis() -> None:
    options = PdfOptions(cover=False, overflow=Overflow.CUT, page=Page.A5, font_size=20)
    shown = read_table(_file(["short", "long " * 30, "долго " * 30], options), 1, options.margin)
    assert shown[0] == ["short"]
    assert [len(row[0]) < 60 and row[0][-1] == "…" for row in shown[1:]] == [True, True]


def test_a_tab_is_a_space_in_short_values_too() -> None:
    options = PdfOptions(cover=False)
    assert read_table(_file([r"a\tb", "c"], options), 1, options.margin) == [["a b"], ["c"]]


_LATIN = st.text(st.sampled_from("  --.0123aeilmwMW@éßÆ…€"), max_size=60).map(
    lambda text: text.encode("cp1252")
)


@given(st.lists(_LATIN, min_size=1, max_size=20), st.integers(300, 4_000))
def test_latin_lines_are_the_text_and_fit(texts: list[bytes], room: int) -> None:
    lines = LatinLines(room, cut=False)
    for text in texts:
        found = lines.of(text, latin_shape(text))
        assert b"".join(found) == text
        assert all(_width(line.rstrip(b" ")) <= room for line in found)
        assert LatinLines(room, cut=False).of(text, latin_shape(text)) == found
    several = [len(line) for text in texts for line in lines.of(text, latin_shape(text))[:-1]]
    assert all(several)


@given(st.lists(_LATIN, min_size=1, max_size=20), st.integers(300, 4_000))
def test_a_cut_latin_line_is_as_long_as_fits(texts: list[bytes], room: int) -> None:
    lines = LatinLines(room, cut=True)
    for text in texts:
        (shown,) = lines.of(text, latin_shape(text))
        if _width(text) <= room:
            assert shown == text
            continue
        kept = shown.removesuffix(b"\x85")
        assert _width(shown) <= room
        assert text.startswith(kept)
        assert _width(text[: len(kept) + 1] + b"\x85") > room or text[len(kept) :].startswith(b" ")


def _width(text: bytes) -> int:
    """In 250ths of the font size, each character's rounded up."""
    return sum(-(-shipped_faces().width[each] // 4) for each in text.decode("cp1252"))


def test_a_number_is_never_cut() -> None:
    columns = (Column(name="n", label="N", type=FieldType.INTEGER), _TEXT)
    options = PdfOptions(cover=False, overflow=Overflow.CUT, column_widths=(("n", 1), ("text", 14)))
    frame = prepare(_plan(options, columns))
    part = frame.render(Fragment(rows=1, data=b"1234567890123456789\tx\n"))
    (page,) = _texts(joined(frame, [part]))
    assert "".join(character for character in page if character.isdigit())[:19] == (
        "1234567890123456789"
    )
    assert "…" not in page


@pytest.mark.parametrize("text", ["李", "a\x01", "\x7f", "\ue000"])
def test_a_character_without_a_glyph_rejects_its_row_or_is_marked(text: str) -> None:
    (rejected,) = _part([text, "b"], PdfOptions()).rejected
    assert (rejected.row, rejected.reason) == (0, Reason.NO_GLYPH)
    options = PdfOptions(cover=False, on_missing_glyph=Unencodable.REPLACE)
    assert "\N{REPLACEMENT CHARACTER}" in read_table(_file([text], options), 1, 36)[0][0]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_no_text_is_ever_drawn_with_the_box_for_missing_glyphs(text: str) -> None:
    faces = shipped_faces()
    line = Pen(8, faces).line(drawable(text, Unencodable.REPLACE, faces).replace("\n", " "))
    assert all(glyph != 0 for _, glyph, _ in line.glyphs)


@pytest.mark.parametrize(
    ("text", "left_to_right"),
    [("שלום", [2, 2, 2, 2]), ("مرحبا", [1, 1, 1, 1, 1]), ("Łódź", [0]), ("नमस्ते", [3])],
)
def test_each_script_has_its_face(text: str, left_to_right: list[int]) -> None:
    assert {face for face, _, _ in Pen(8, shipped_faces()).line(text).glyphs} == set(left_to_right)


def test_arabic_letters_are_joined() -> None:
    alone = {glyph for _, glyph, _ in Pen(8, shipped_faces()).line("م").glyphs}
    joined_up = {glyph for _, glyph, _ in Pen(8, shipped_faces()).line("ممم").glyphs}
    assert len(joined_up) == 3
    assert not alone & joined_up


def test_hebrew_is_drawn_from_the_right_with_its_brackets_mirrored() -> None:
    shown = Pen(8, shipped_faces()).line("(אב)").operators
    reversed_ = Pen(8, shipped_faces()).line("בא").operators
    assert shown != reversed_
    assert Pen(8, shipped_faces()).line("אב").width == Pen(8, shipped_faces()).line("בא").width


def test_more_columns_than_a_page_has_room_for_are_refused() -> None:
    columns = tuple(Column(name=f"c{n}", label="C", type=FieldType.INTEGER) for n in range(500))
    with pytest.raises(PageTooNarrow, match="500 columns"):
        prepare(_plan(PdfOptions(), columns))


@pytest.mark.parametrize(
    "options",
    [
        PdfOptions(column_widths=(("other", 3),)),
        PdfOptions(alignments=(("other", Alignment.LEFT),)),
    ],
)
def test_options_for_fields_that_are_not_there_are_refused(options: PdfOptions) -> None:
    with pytest.raises(FieldNotThere, match="'other'"):
        prepare(_plan(options))


def test_a_header_that_fills_the_page_is_refused() -> None:
    with pytest.raises(PageTooNarrow):
        prepare(_plan(PdfOptions(page=Page.A5, margin=144, font_size=24)))


def test_options_come_back_from_json() -> None:
    options = PdfOptions(
        column_widths=(("text", 3),), alignments=(("text", Alignment.RIGHT),), header=Header.NAMES
    )
    spec = FormatSpec(format=Format.PDF, options=options)
    assert parse_format(to_json(spec)) == spec


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("font_size", 3, "from 4 to 24"),
        ("colour", "blue", "#1f4e79"),
        ("column_widths", ["a"], "object"),
        ("column_widths", {"a": 0}, "'a'"),
        ("title", "", "printable"),
        ("true_text", "false", "equals"),
    ],
)
def test_a_wrong_option_is_told_where_it_is(option: str, value: object, problem: str) -> None:
    with pytest.raises(FormatInvalid) as refused:
        parse_format({"format": "pdf", "options": {option: value}})
    assert any(problem in each.text for each in refused.value.problems)


def test_a_pdf_is_not_compressed_once_more() -> None:
    with pytest.raises(OptionConflict):
        FormatSpec(format=Format.PDF, compression=Compression.GZIP, options=PdfOptions())
    with pytest.raises(FormatInvalid, match="/compression"):
        parse_format({"format": "pdf", "compression": "gzip"})


def test_the_codec_names_the_fonts_that_are_there() -> None:
    folder = files("processors.renderers.pdf").joinpath("fonts")
    fonts = {each.name: each.read_bytes() for each in folder.iterdir() if each.name[-4:] == ".ttf"}
    digest = hashlib.sha256()
    for name in sorted(fonts):
        digest.update(hashlib.sha256(fonts[name]).digest())
    assert f"noto-{digest.hexdigest()[:12]}" == PDF_FONTS
