"""What a reader of a PDF should find for a value of the source, as far as a PDF's text can be read
back: a row's lines in order, spaces as one, and of scripts whose letters are shaped or read from
right to left the letters, in whatever order."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from unicodedata import category, normalize

from domain.datasets import FieldType
from domain.fonts import Fonts
from domain.format_options import Header, Unencodable
from domain.json_shapes import Listed
from domain.pdf_options import Orientation, Page, PdfOptions, Total, Widths
from processors.renderers.pdf.bidi import has_right_to_left
from processors.renderers.pdf.faces import Faces, faces_with
from processors.renderers.pdf.shaping import is_complex
from tests.contract.pdf_reading import read_table
from tests.contract.renderers_rows import COLUMNS, Value
from tests.made_fonts import Made, made_for_this_process, saved

PDF_OPTIONS: Final = {
    "plain": PdfOptions(cover=False, widths=Widths.EQUAL, on_missing_glyph=Unencodable.REPLACE),
    "decorated": PdfOptions(
        page=Page.LETTER,
        orientation=Orientation.PORTRAIT,
        margin=20,
        title="Отчёт — تقرير",
        header=Header.NAMES,
        font_size=5,
        widths=Widths.EQUAL,
        stripes=True,
        null_text="NULL",
        true_text="vrai",
        false_text="faux",
        on_missing_glyph=Unencodable.REPLACE,
    ),
    "grouped": PdfOptions(
        cover=False,
        widths=Widths.EQUAL,
        group_by=Listed(["boolean", "time"]),
        totals=(("decimal", Listed([Total.SUM, Total.MIN])), ("text", Listed([Total.COUNT]))),
        on_missing_glyph=Unencodable.REPLACE,
    ),
}


ADDED_FONTS: Final = saved(
    made_for_this_process(),
    Made(characters="李山田、。（）「」＝ー漢字"),
    Made(characters="李한국어門", compact=True, first_cid=300, name="Numbered"),
)
"""李 is in both."""
PDF_ADDED_OPTIONS: Final = PdfOptions(
    title="李（山田、한국어）",
    widths=Widths.EQUAL,
    group_by=Listed(["boolean"]),
    totals=(("text", Listed([Total.COUNT])),),
    true_text="漢字",
    on_missing_glyph=Unencodable.REPLACE,
)


def pdf_reader(options: PdfOptions) -> Callable[[bytes], list[list[str]]]:
    """A row has nothing for the fields that it is grouped by."""
    shown = [column.name not in options.group_by for column in COLUMNS]

    def read(content: bytes) -> list[list[str]]:
        table = read_table(content, sum(shown), options.margin, covers=int(options.cover))
        rows = (iter([_legible(cell) for cell in row]) for row in table)
        return [[next(cells) if each else "" for each in shown] for cells in rows]

    return read


def pdf_expects(options: PdfOptions, fonts: Fonts = ()) -> Callable[[FieldType, Value], str]:
    faces = faces_with(fonts)
    words = {"t": options.true_text, "f": options.false_text}

    def expect(type_: FieldType, value: Value) -> str:
        if type_.value in options.group_by:
            return ""
        if value is None:
            return _legible(options.null_text)
        return _legible(words[value] if type_ is FieldType.BOOLEAN else _drawn(value, faces))

    return expect


def _drawn(text: str, faces: Faces) -> str:
    """What has a glyph, without line ends, which are not told from ends of full lines."""
    without_ends = re.sub("[\n\r\v\f\x85\u2028\u2029]", "", text).replace("\t", " ")
    return "".join(_sign(each, faces) for each in without_ends)


def _sign(character: str, faces: Faces) -> str:
    if category(character) == "Cf" and character not in _SHOWN:
        return ""
    return "\N{REPLACEMENT CHARACTER}" if faces.lacking(character) else character


_SHOWN: Final = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2\U000110bd"


def _legible(text: str) -> str:
    parts = [each for each in normalize("NFKD", text) if not _is_lost(each)]
    kept = "".join(parts)
    if is_complex(kept) or has_right_to_left(kept):
        return "".join(sorted(kept.translate(_MIRRORED)))
    return kept


_MIRRORED: Final = {**dict.fromkeys(map(ord, "()[]{}<>«»"), "|"), 0x2044: "/"}


def _is_lost(character: str) -> bool:
    """PDFium drops some of several spaces, some marks, letters of flags, and tints of emoji."""
    if "🇦" <= character <= "🇿" or "🏻" <= character <= "🏿":
        return True
    return category(character)[0] in "ZMC"
