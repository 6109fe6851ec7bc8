"""Values that files of other programs get wrong, and what becomes of each in ours: docs/formats.md,
excel.md and pdf.md as a table, by the formats' defaults."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.datasets import FieldType
from processors.renderers import Reason


class Fate(StrEnum):
    """KEPT: the same value, in the type that the format has for such a field. TEXT: the same text,
    where that type has no place for the value."""

    KEPT = "kept"
    TEXT = "kept as text"


@dataclass(frozen=True, slots=True)
class Reads:
    """A reader finds this instead, on purpose."""

    text: str


Outcome = Fate | Reads | Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Nasty:
    """A value of a field of this type. `json` is NDJSON too, `columnar` Parquet and Arrow. Bytes
    that are no UTF-8 reject their row in every format, as the renderers' contract shows."""

    name: str
    type: FieldType
    value: str | None
    csv: Outcome = Fate.KEPT
    json: Outcome = Fate.KEPT
    xlsx: Outcome = Fate.KEPT
    pdf: Outcome = Fate.KEPT
    columnar: Outcome = Fate.KEPT


KEPT, TEXT = Fate.KEPT, Fate.TEXT
_LONG, _NO_GLYPH, _RANGE = Reason.CELL_TOO_LONG, Reason.NO_GLYPH, Reason.OUT_OF_RANGE
_NUL = Reason.NUL_CHARACTER


def _texts(*rows: tuple[str, str | None, dict[str, Outcome]]) -> list[Nasty]:
    return [
        Nasty(name=name, type=FieldType.TEXT, value=text, **outcomes)
        for name, text, outcomes in rows
    ]


def _values(type_: FieldType, *rows: tuple[str, dict[str, Outcome]]) -> list[Nasty]:
    return [
        Nasty(name=f"{type_} {text[:40]}", type=type_, value=text, **outcomes)
        for text, outcomes in rows
    ]


def _guarded(text: str) -> dict[str, Outcome]:
    return {"csv": Reads("'" + text)}


_UNDRAWN: Final[dict[str, Outcome]] = {"pdf": _NO_GLYPH}
_DRAWN_AS_ONE: Final[dict[str, Outcome]] = {"pdf": Reads("")}
"""PDFium passes over what stands for a glyph of several characters; pdftotext reads it."""
_TOO_LONG: Final[dict[str, Outcome]] = {"xlsx": _LONG}
_IN_TEXT: Final[dict[str, Outcome]] = {"xlsx": TEXT}
_NO_NUMBER: Final[dict[str, Outcome]] = {"json": TEXT, "xlsx": TEXT}
_NO_DAY: Final[dict[str, Outcome]] = {"xlsx": TEXT, "columnar": _RANGE}
_NO_MOMENT: Final[dict[str, Outcome]] = {"json": TEXT, "xlsx": TEXT, "columnar": _RANGE}

_TEXTS: Final = _texts(
    ("an empty text", "", {}),
    ("null", None, {}),
    ("the text backslash N", r"\N", {}),
    ("the text NULL", "NULL", {}),
    ("spaces at both ends", "  both ends  ", {}),
    ("a formula", "=1+1", _guarded("=1+1")),
    ("a hyperlink", '=HYPERLINK("http://example.com","x")',
     _guarded('=HYPERLINK("http://example.com","x")')),
    ("an at sign", "@SUM(A1)", _guarded("@SUM(A1)")),
    ("a full-width formula", "＝1+1", {**_guarded("＝1+1"), **_UNDRAWN}),
    ("a formula after a space", " =1+1", _guarded(" =1+1")),
    ("a formula after a tab", "\t=1+1", _guarded("\t=1+1")),
    ("a formula after a line feed", "\n=1+1", _guarded("\n=1+1")),
    ("a formula after what doesn't show", "\u200b=1+1", _guarded("\u200b=1+1")),
    ("an item of a list", "- item", _guarded("- item")),
    ("a phone number", "+34600000000", {}),
    ("a phone number with spaces", "+34 600 000", _guarded("+34 600 000")),
    ("a negative number as a text", "-5", {}),
    ("leading zeros", "00501", {}),
    ("19 digits as a text", "1234567890123456789", {}),
    ("an exponent as a text", "1E5", {}),
    ("a date as a text", "2013-01-01", {}),
    ("a fraction or a date", "1/2", {}),
    ("a boolean as a text", "true", {}),
    ("quotes and commas", 'say "a, b"; \'c\' | d', {}),
    ("backslashes", r"C:\new\table", {}),
    ("markup", "<b>&amp;</b> ]]> <!-- --> %s {0}", {}),
    ("a line feed", "two\nlines", {}),
    ("a carriage return", "two\rlines", {}),
    ("both", "two\r\nlines", {}),
    ("line ends at both ends", "\nx\n", _guarded("\nx\n")),
    ("a tab", "a\tb", {}),
    ("NUL", "a\0b", {"csv": _NUL, "xlsx": _NUL, "pdf": _NUL}),
    ("a bell", "a\x07b", _UNDRAWN),
    ("a backspace", "a\bb", _UNDRAWN),
    ("a vertical tab and a form feed", "a\vb\fc", {}),
    ("an escape", "\x1b[31mred", _UNDRAWN),
    ("the last control character", "a\x1fb", _UNDRAWN),
    ("delete", "a\x7fb", _UNDRAWN),
    ("a next line", "a\x85b", {}),
    ("a line separator", "a\u2028b", {}),
    ("a byte order mark", "\ufeffmarked", {}),
    ("what is no character", "a\ufffeb\uffff", _UNDRAWN),
    ("an escape of Excel's", "_x000D_", {}),
    ("an escaped escape of Excel's", "_x005F_x000D_", {}),
    ("an escape beside a control character", "_x0041_\x01", _UNDRAWN),
    ("a private character", "\ue000", _UNDRAWN),
    ("a composed accent", "e\u0301", {}),
    ("an emoji", "😀 ok", {}),
    ("a family and a flag", "👩\u200d👩\u200d👧 🇪🇸", _DRAWN_AS_ONE),
    ("beyond the first plane", "𝔘𝔫𝔦", _UNDRAWN),
    ("Arabic", "مرحبا بالعالم", {}),
    ("Hebrew among Latin", "abc שלום (12) def", {}),
    ("an override of direction", "safe\u202egpj.exe", {}),
    ("Devanagari", "नमस्ते दुनिया", {}),
    ("Thai", "สวัสดีชาวโลก", {}),
    ("Chinese", "李小龍", _UNDRAWN),
    ("Japanese", "山田 カタカナ", _UNDRAWN),
    ("Korean", "안녕하세요", _UNDRAWN),
    ("32,767 characters", "x" * 32_767, {}),
    ("32,768 characters", "x" * 32_768, _TOO_LONG),
    ("16,384 characters of two units", "😀" * 16_384, _TOO_LONG),
    ("100 kB", "lorem, ipsum " * 7_700, _TOO_LONG),
)  # fmt: skip
_NUMBERS: Final = [
    *_values(
        FieldType.INTEGER,
        ("0", {}),
        ("-5", {}),
        ("999999999999999", {}),
        ("-999999999999999", {}),
        ("9007199254740993", _IN_TEXT),
        ("9223372036854775807", _IN_TEXT),
        ("-9223372036854775808", _IN_TEXT),
    ),
    *_values(
        FieldType.DECIMAL,
        ("1.10", {}),
        ("-0.10", {}),
        ("123456789012345.00", {}),
        ("0.1234567890123456", _IN_TEXT),
        ("12345678901234567890.5", _IN_TEXT),
        ("1" * 400, _NO_NUMBER),
        ("0." + "0" * 330 + "1", _IN_TEXT),
        ("NaN", _NO_NUMBER),
        ("Infinity", _NO_NUMBER),
        ("-Infinity", _NO_NUMBER),
    ),
    *_values(
        FieldType.FLOAT,
        ("0.30000000000000004", {}),
        ("-0", {}),
        ("1e-05", {}),
        ("1e+300", {}),
        ("5e-324", _IN_TEXT),
        ("1.7976931348623157e+308", _IN_TEXT),
        ("NaN", _NO_NUMBER),
        ("Infinity", _NO_NUMBER),
        ("-Infinity", _NO_NUMBER),
    ),
    *_values(FieldType.BOOLEAN, ("t", {}), ("f", {})),
]
_MOMENTS: Final = [
    *_values(
        FieldType.DATE,
        ("0001-01-01", _IN_TEXT),
        ("1899-12-31", _IN_TEXT),
        ("1900-01-01", _IN_TEXT),
        ("1900-02-28", _IN_TEXT),
        ("1900-03-01", {}),
        ("2012-02-29", {}),
        ("9999-12-31", {}),
        ("10000-01-01", _NO_DAY),
        ("0044-03-15 BC", _NO_DAY),
        ("infinity", _NO_DAY),
        ("-infinity", _NO_DAY),
    ),
    *_values(
        FieldType.TIME,
        ("00:00:00", {}),
        ("23:59:59", {}),
        ("23:59:59.999999", {"xlsx": Reads("23:59:59.999000")}),
        ("24:00:00", {"xlsx": Reads("1900-01-01 00:00:00"), "columnar": _RANGE}),
    ),
    *_values(
        FieldType.TIMESTAMP,
        ("0001-01-01 00:00:00", _IN_TEXT),
        ("1900-02-28 23:59:59", _IN_TEXT),
        ("1900-03-01 00:00:00", {}),
        ("2013-01-01 00:00:00", {}),
        ("2013-01-01 23:59:59.999999", {"xlsx": Reads("2013-01-01 23:59:59.999000")}),
        ("9999-12-31 23:59:59", {}),
        ("10000-01-01 00:00:00", _NO_MOMENT),
        ("0044-03-15 12:00:00 BC", _NO_MOMENT),
        ("infinity", _NO_MOMENT),
        ("-infinity", _NO_MOMENT),
    ),
    *_values(
        FieldType.INSTANT,
        ("0001-01-01 00:00:00+00", _IN_TEXT),
        ("2013-03-31 01:00:00+00", {}),
        ("2013-10-27 00:30:00+00", {}),
        ("2013-10-27 01:30:00+00", {}),
        ("9999-12-31 23:59:59+00", {}),
        ("12013-01-01 00:00:00+00", _NO_MOMENT),
        ("0044-03-15 12:00:00+00 BC", _NO_MOMENT),
        ("infinity", _NO_MOMENT),
        ("-infinity", _NO_MOMENT),
    ),
]
_OTHERS: Final = [
    *_values(FieldType.UUID, ("c4ca4238-a0b9-2382-0dcc-509a6f75849b", {})),
    *_values(
        FieldType.JSON,
        ('{"a": [1, 2.50, null, true], "b": "say \\"é\\""}', {}),
        ('{"id": 12345678901234567890}', {}),
        ('{"formula": "=1+1"}', {}),
        ('{"two": "lines\\nand \\\\ more"}', {}),
        ("[]", {}),
        ("null", {}),
    ),
]
NASTY: Final = (*_TEXTS, *_NUMBERS, *_MOMENTS, *_OTHERS)
