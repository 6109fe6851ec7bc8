"""What must not stand in the row of placeholders, or below it: rows come there, and nothing that
an uploaded workbook has is moved or written over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from domain.workbooks.book import Book, Row, Sheet, number
from domain.workbooks.references import LAST_ROW, Anchor, rows_of_area
from domain.workbooks.refusing import WorkbookRefused
from domain.workbooks.xml_places import Element


def check_room(book: Book, sheet: Sheet, row: Row) -> None:
    """Raises `WorkbookRefused` for the first thing that is in the way of rows."""
    for cell in row.cells:
        if cell.formula is not None:
            raise WorkbookRefused(
                f"has the formula {cell.name} in the row of placeholders, where only values are "
                "repeated; put it above or on another sheet"
            )
    for further in book.rows(sheet):
        if further.number > row.number:
            _check_empty(sheet, further)
    for what, first in _things(book, Anchor(sheet.name, row.number), sheet):
        if first >= row.number:
            raise WorkbookRefused(f"has {what}, in or below the row of placeholders{_MOVE}")
    right = max(cell.column for cell in row.cells)
    left = min(cell.column for cell in row.cells)
    for part in book.package.related(sheet.part, "drawing"):
        _check_shapes(book.package.xml(part), row.number, range(left, right + 1), part)
    _check_shapes(sheet.root, row.number, range(left, right + 1), sheet.part)


_MOVE: Final = "; put it above or on another sheet, or delete it"
_OWN_LOOK: Final = ("s", "customHeight", "hidden", "outlineLevel", "collapsed")
_SHAPES: Final = {"xdr:twoCellAnchor", "xdr:oneCellAnchor", "xdr:absoluteAnchor", "anchor"}
_ROW_EMU: Final = 190_500
_COLUMN_EMU: Final = 609_600
"""Of a row and a column as they are in a new workbook, in English Metric Units."""


def _check_empty(sheet: Sheet, row: Row) -> None:
    for cell in row.cells:
        if not cell.is_empty or cell.style:
            what = "a formula" if cell.formula is not None else "a value"
            raise WorkbookRefused(
                f"has {'a style' if cell.is_empty else what} in {cell.name}, below the row of "
                f"placeholders{_MOVE}"
            )
    for name in _OWN_LOOK:
        if row.element.attributes.get(name, "0") not in ("0", "false"):
            raise WorkbookRefused(
                f"has a look of its own for row {row.number} of {sheet.name}, below the row of "
                "placeholders; select such rows and delete them"
            )


def _things(book: Book, anchor: Anchor, sheet: Sheet) -> Iterator[tuple[str, int]]:
    """What lies on cells, with the last row that it lies on."""
    for element in sheet.root.walk():
        said = element.attributes
        match element.name:
            case "mergeCell":
                yield _on(sheet, "the merged cells", said.get("ref", ""))
            case "hyperlink":
                yield _on(sheet, "the link", said.get("ref", ""))
            case "inputCells":
                yield _on(sheet, "the scenario of", said.get("r", ""))
            case "f" if said.get("t") in ("array", "dataTable"):
                yield _on(sheet, "the formula of many cells", said.get("ref", ""))
            case "rowBreaks":
                for each in element.named("brk"):
                    at = number(each.attributes.get("id", "0"))
                    yield f"a page break below row {at} of {sheet.name}", at
            case "customSheetView":
                yield f"a custom view of {sheet.name}", LAST_ROW
            case "dataRef" if said.get("sheet", anchor.sheet) == anchor.sheet:
                yield _on(sheet, "a source of a consolidation", said.get("ref", ""))
            case _:
                pass
    yield from _parts(book, sheet)


def _parts(book: Book, sheet: Sheet) -> Iterator[tuple[str, int]]:
    for part in book.package.related(sheet.part, "pivotTable"):
        location = book.package.xml(part).first("location")
        if location is not None:
            yield _on(sheet, "the pivot table", location.attributes.get("ref", ""))
    for kind in ("comments", "threadedComment"):
        for part in book.package.related(sheet.part, kind):
            for each in book.package.xml(part).walk():
                if each.name in ("comment", "threadedComment"):
                    yield _on(sheet, "the comment", each.attributes.get("ref", ""))


def _on(sheet: Sheet, what: str, area: str) -> tuple[str, int]:
    return f"{what} {sheet.name}!{area}", rows_of_area(area)[1]


def _check_shapes(root: Element, row: int, columns: range, part: str) -> None:
    """Those beside the columns of the rows may stay: nothing comes there."""
    for shape in root.walk():
        if shape.name not in _SHAPES:
            continue
        (left, _), (right, bottom) = _corners(shape)
        if bottom >= row and left < columns.stop and right >= columns.start:
            raise WorkbookRefused(
                f"has {_called(shape)} ({part}) where rows come; put it above, beside them or on "
                "another sheet"
            )


def _corners(shape: Element) -> tuple[tuple[int, int], tuple[int, int]]:
    """The columns and rows of the first and the last cell that it covers, by and large."""
    start = _corner(shape, "from")
    end = _corner(shape, "to")
    if start is None:
        position = shape.first("xdr:pos")
        start = _cells(position, "x", "y") if position is not None else (0, 0)
        start = start[0] + 1, start[1] + 1
    if end is None:
        size = shape.first("xdr:ext")
        wide, high = _cells(size, "cx", "cy") if size is not None else (0, 0)
        end = start[0] + wide, start[1] + high
    return start, end


def _corner(shape: Element, which: str) -> tuple[int, int] | None:
    found = next(shape.named(f"xdr:{which}", which), None)
    if found is None:
        return None
    column, row = found.first("xdr:col"), found.first("xdr:row")
    if column is None or row is None:
        return None
    return number(column.text) + 1, number(row.text) + 1


def _cells(element: Element, across: str, down: str) -> tuple[int, int]:
    said = element.attributes
    return (
        number(said.get(across, "0").lstrip("-")) // _COLUMN_EMU,
        number(said.get(down, "0").lstrip("-")) // _ROW_EMU,
    )


def _called(shape: Element) -> str:
    names = (each.attributes["name"] for each in shape.walk() if _is_named(each))
    return f"the drawing {next(names, '')!r}"


def _is_named(element: Element) -> bool:
    return element.name.endswith("cNvPr") and "name" in element.attributes
