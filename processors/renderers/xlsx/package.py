"""The parts of a workbook as openpyxl writes it, with all that would differ from one time to the
next taken out, and a sheet cut in two where its rows belong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Final
from zipfile import ZipFile

import openpyxl
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

CONTENT_TYPES: Final = "[Content_Types].xml"


class OpenpyxlWithoutLxml(Exception):
    """openpyxl was told not to use lxml, and writes other bytes without it. Unset OPENPYXL_LXML in
    this process's environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A sheet before and behind its rows, and the style of each column's cells."""

    head: bytes
    tail: bytes
    styles: tuple[int, ...]


def package(book: Workbook) -> dict[str, bytes]:
    """The parts by name, in the order of the file: what says what the others are comes first."""
    if not openpyxl.LXML:
        raise OpenpyxlWithoutLxml
    file = BytesIO()
    created = book.properties.created
    book.save(file)
    with ZipFile(file) as parts:
        found = {name: parts.read(name) for name in sorted(parts.namelist(), key=_rank)}
    found[_CORE] = _dated(found[_CORE], created)
    found[_STYLES] = _FONT.sub(_with_order, found[_STYLES])
    return found


def sheet_part(number: int) -> str:
    """The part of the sheet that was made as the `number`th, from 1."""
    return f"xl/worksheets/sheet{number}.xml"


def cut(sheet: bytes, model_row: int, columns: int, rows: int) -> Cut:
    """Takes the model row out, as `rows` will take its place; its cells have the styles of all."""
    found = re.search(rb'<row r="%d"(?:[^>]*/>|.*?</row>)' % model_row, sheet, re.DOTALL)
    if found is None:  # openpyxl writes no cell that has neither value nor style
        start = end = _end_of_rows(sheet)
        styles = {}
    else:
        start, end = found.span()
        styles = {at.decode(): int(style) for at, style in _STYLED.findall(found[0])}
    corner = f"{get_column_letter(columns)}{max(model_row - 1 + rows, model_row)}"
    return Cut(
        head=_DIMENSION.sub(b'<dimension ref="A1:%b"/>' % corner.encode(), sheet[:start]),
        tail=sheet[end:],
        styles=tuple(styles.get(get_column_letter(n), 0) for n in range(1, columns + 1)),
    )


def with_values(sheet: bytes, values: Mapping[str, int | float | str]) -> bytes:
    """The sheet with what each formula comes to, by its cell: openpyxl knows formulas only. A text
    that is not empty is the name of an error."""
    given = {cell.encode(): value for cell, value in values.items()}
    return _FORMULA.sub(lambda found: _valued(found, given[found["cell"]]), sheet)


_CORE: Final = "docProps/core.xml"
_STYLES: Final = "xl/styles.xml"
_STYLED = re.compile(rb'<c r="([A-Z]+)[0-9]+" s="([0-9]+)"')
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"\s*/>')
_TIMES = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*")
_FORMULA = re.compile(
    rb'<c r="(?P<cell>[A-Z]+[0-9]+)"(?P<style>[^>]*)><f>(?P<formula>[^<]*)</f><v\s*(?:/>|></v>)</c>'
)
_FONT = re.compile(rb"(<font>)(.*?)(</font>)", re.DOTALL)
_ELEMENT = re.compile(rb"<(\w+)[^>]*/>")
_FONT_ORDER: Final = (
    b"b i strike condense extend outline shadow u vertAlign sz color name family charset scheme"
).split()


def _rank(name: str) -> tuple[bool, str]:
    return name != CONTENT_TYPES, name


def _dated(core: bytes, created: datetime) -> bytes:
    """openpyxl writes when it wrote."""
    moment = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return _TIMES.sub(lambda found: found[1] + moment, core)


def _valued(formula: re.Match[bytes], value: int | float | str) -> bytes:
    kind = b"" if not isinstance(value, str) else b' t="e"' if value else b' t="str"'
    said = value if isinstance(value, str) else repr(value)
    return b'<c r="%b"%b%b><f>%b</f><v>%b</v></c>' % (
        *(formula["cell"], formula["style"], kind),
        *(formula["formula"], said.encode()),
    )


def _with_order(font: re.Match[bytes]) -> bytes:
    """Microsoft's validator wants the schema's order, which openpyxl hasn't."""
    elements = sorted(_ELEMENT.finditer(font[2]), key=lambda element: _FONT_ORDER.index(element[1]))
    return font[1] + b"".join(element[0] for element in elements) + font[3]


def _end_of_rows(sheet: bytes) -> int:
    return sheet.index(b"</sheetData>")
