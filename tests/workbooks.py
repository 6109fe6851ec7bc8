"""Workbooks read by programs that aren't ours, and looked at for what those don't complain of and
Excel does: it repairs such a file, and says so to whoever opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
from python_calamine import load_workbook

Table = list[list[Any]]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_with_openpyxl(file: bytes, sheet: int = 0) -> Table:
    """Rows of a sheet, its header among them; openpyxl leaves `_xHHHH_` in inline texts alone."""
    found = openpyxl.load_workbook(BytesIO(file)).worksheets[sheet]
    assert not [cell for row in found.iter_rows() for cell in row if cell.data_type in "fe"]
    return [[_decoded(cell.value) for cell in row] for row in found.iter_rows()]


def read_with_calamine(file: bytes, sheet: int = 0) -> Table:
    """Rows of a sheet, its header among them; calamine tells no null from an empty text."""
    found = load_workbook(BytesIO(file)).get_sheet_by_index(sheet)
    rows = found.to_python(skip_empty_area=False)
    return [[None if cell == "" else _dated(_decoded(cell)) for cell in row] for row in rows]


def parts(file: bytes) -> dict[str, bytes]:
    """The zip's entries, every sum of which is checked."""
    with ZipFile(BytesIO(file)) as found:
        assert found.testzip() is None
        assert all(entry.compress_type == ZIP_DEFLATED for entry in found.infolist())
        assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in found.infolist())
        names = found.namelist()
        assert names[0] == "[Content_Types].xml"
        assert len(set(names)) == len(names)
        return {name: found.read(name) for name in names}


def check(file: bytes) -> None:
    """What Excel repairs and neither readers nor Microsoft's validator see."""
    found = parts(file)
    sheets = [name for name in found if name.startswith("xl/worksheets/sheet")]
    for name in sheets:
        _check_cells(found[name])
    tables = [found[name].decode() for name in found if name.startswith("xl/tables/")]
    names = [_attribute(table, "displayName").lower() for table in tables]
    assert len(set(names)) == len(names)
    book = openpyxl.load_workbook(BytesIO(file))
    titles = [sheet.title for sheet in book.worksheets]
    assert len({title.lower() for title in titles}) == len(titles)
    assert all(0 < len(title.encode("utf-16-le")) <= 62 for title in titles)
    assert not any(re.search(r"[\[\]:*?/\\]|^'|'$|^history$", t, re.IGNORECASE) for t in titles)
    for sheet in book.worksheets:
        for table in sheet.tables.values():
            _check_table(sheet, table)


def sheet_rows(sheet: bytes) -> Iterator[Element]:
    for _, element in iterparse(BytesIO(sheet)):
        if element.tag == MAIN + "row":
            yield element


def _check_cells(sheet: bytes) -> None:
    dimension = re.search(rb'<dimension ref="A1:[A-Z]+([0-9]+)"', sheet)
    rows = list(sheet_rows(sheet))
    for row in rows:
        for cell in row:
            value = cell.find(MAIN + "v")
            if value is not None and cell.get("t", "n") in ("n", "b"):
                assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", value.text or "")
                assert float(value.text or "") not in (float("inf"), float("-inf"))
            text = cell.findtext(f"{MAIN}is/{MAIN}t", "")
            assert len(_decoded(text).encode("utf-16-le", "surrogatepass")) <= 2 * 32_767
    if dimension is not None:
        assert int(dimension[1]) >= len(rows)


def _check_table(sheet: Any, table: Any) -> None:
    first, *rows = sheet[table.ref]
    assert rows, "a table has a row at least"
    titles = [cell.value for cell in first]
    assert [column.name for column in table.tableColumns] == titles
    assert len({title.casefold() for title in titles}) == len(titles)
    assert all(0 < len(title) <= 255 for title in titles)
    assert re.fullmatch(r"[A-Za-z_\\][\w.\\]*", table.displayName)
    assert not re.fullmatch(r"(?i)[a-z]{1,3}[0-9]+|r[0-9]*c?[0-9]*|c", table.displayName)


def _attribute(xml: str, name: str) -> str:
    found = re.search(rf' {name}="([^"]*)"', xml)
    assert found is not None
    return found[1]


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda escape: chr(int(escape[1], 16)), value)


def _dated(value: Any) -> Any:
    """A date as openpyxl gives it: a moment."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value
