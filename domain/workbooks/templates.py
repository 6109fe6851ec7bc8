"""An uploaded workbook made ready: its parts cut up where an export puts something, and the row of
placeholders cell by cell. All that can be refused without knowing the fields is refused here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from domain.json_reading import ValueRefused, kind
from domain.workbooks.below import check_room
from domain.workbooks.book import Book, Cell, Row, Sheet, number
from domain.workbooks.edits import Edits, Piece, Slot
from domain.workbooks.growing import grow
from domain.workbooks.packages import CONTENT_TYPES, read_package
from domain.workbooks.placeholders import Fields, place
from domain.workbooks.references import Anchor, LastRow, rows_of_area
from domain.workbooks.refusing import WorkbookRefused
from domain.workbooks.xml_places import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCell:
    """A cell of the row of placeholders: that of a field, or what is the same in every row.
    `constant` is its XML without its place."""

    style: int
    field: str | None = None
    constant: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`sheet` is the name of the sheet with the row of placeholders, which has the number `row`;
    `cells` are its own, from the first column on without a gap, and `row_tag` begins each row.
    `parts` are in the order of the file; `styles` is the name of one of them. `dates_from_1904`
    tells which of Excel's two date systems its numbers are of."""

    parts: dict[str, tuple[Piece, ...]]
    sheet: str
    row: int
    row_tag: bytes
    cells: tuple[RowCell, ...]
    styles: str
    part: str
    dates_from_1904: bool

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(cell.field for cell in self.cells if cell.field is not None)


def workbook(json: object) -> str | None:
    """An .xlsx with placeholders in base64, or null for none."""
    if json is None:
        return None
    if not isinstance(json, str):
        raise ValueRefused(f"must be an .xlsx file in base64, or null; not {kind(json)}")
    try:
        read_template(json)
    except WorkbookRefused as refused:
        raise ValueRefused(str(refused)) from refused
    return json


def unfit(base64: str, fields: Sequence[str]) -> str | None:
    """Why rows of such fields can't be put into a workbook that can be read, and what to change;
    None if they can."""
    template = read_template(base64)
    for name in template.fields:
        if name not in fields:
            return (
                f"has {{{{{name[:60]}}}}}, which is not exported. Correct the name, or export the "
                "field too"
            )
    for name in fields:
        if name not in template.fields:
            return (
                f"has no placeholder for {name}. Write {{{{{name}}}}} in row {template.row} of "
                f"{template.sheet}, or leave the field out"
            )
    return None


@lru_cache(maxsize=8)
def read_template(base64: str) -> Template:
    """Raises `WorkbookRefused`."""
    package = read_package(base64)
    book, edits = Book(package), Edits()
    fields = place(book, edits)
    sheet = fields.row.cells[0].sheet
    anchor = Anchor(sheet.name, fields.row.number)
    check_room(book, sheet, fields.row)
    grow(book, anchor, edits)
    cells = _row_cells(book, sheet, fields)
    _put_rows(book, sheet, fields.row, edits)
    _calculate(book, edits)
    return Template(
        parts=edits.cut_up(_without_order_of_calculation(book, edits)),
        sheet=sheet.name,
        row=fields.row.number,
        row_tag=_row_tag(package.parts[sheet.part], fields.row.element),
        cells=cells,
        styles=book.styles,
        part=sheet.part,
        dates_from_1904=book.dates_from_1904,
    )


_OF_A_PLACE: Final = ("r", "spans")
_BEFORE_CALCULATION: Final = ("sheets", "functionGroups", "externalReferences", "definedNames")


def _row_cells(book: Book, sheet: Sheet, fields: Fields) -> tuple[RowCell, ...]:
    content = book.package.parts[sheet.part]
    known = _known_styles(book)
    found = {cell.column: cell for cell in fields.row.cells}
    cells = []
    for column in range(1, max(found) + 1):
        cell = found.get(column)
        style = cell.style if cell is not None else _style_of_gap(sheet, fields.row, column)
        if style >= known:
            raise WorkbookRefused(
                f"has a cell in row {fields.row.number} of {sheet.name} of a style that isn't "
                "there; save it anew in Excel"
            )
        constant = b"" if cell is None else _without_place(content, cell)
        cells.append(RowCell(style=style, field=fields.names.get(column), constant=constant))
    return tuple(cells)


def _known_styles(book: Book) -> int:
    """How many there are, once it is sure that others can be added."""
    styles = book.package.xml(book.styles)
    formats, cells = styles.first("numFmts"), styles.first("cellXfs")
    for each in [*(formats.children if formats else ()), *(cells.children if cells else ())]:
        number(each.attributes.get("numFmtId", "0"))
    return len(cells.children) if cells is not None else 0


def _without_place(content: bytes, cell: Cell) -> bytes:
    if cell.is_empty:
        return b""
    element = cell.element
    if "r" not in element.attributes:
        return content[element.start : element.end]
    start, end = element.attribute_span(content, "r")
    return content[element.start : start] + content[end : element.end]


def _style_of_gap(sheet: Sheet, row: Row, column: int) -> int:
    """A cell that isn't there looks as its row or its column does."""
    said = row.element.attributes
    if said.get("customFormat", "0") not in ("0", "false"):
        return number(said.get("s", "0"))
    columns = sheet.root.first("cols")
    for each in columns.named("col") if columns is not None else ():
        first, last = (number(each.attributes.get(end, "0")) for end in ("min", "max"))
        if first <= column <= last:
            return number(each.attributes.get("style", "0"))
    return 0


def _row_tag(content: bytes, row: Element) -> bytes:
    tag = content[row.start : row.inner]
    for start, end in sorted(
        (row.attribute_span(content, name) for name in _OF_A_PLACE if name in row.attributes),
        reverse=True,
    ):
        tag = tag[: start - row.start] + tag[end - row.start :]
    return tag


def _put_rows(book: Book, sheet: Sheet, row: Row, edits: Edits) -> None:
    """Rows don't say where they are: they follow each other, so that the one before the first must
    be there."""
    before = max((each.number for each in book.rows(sheet) if each.number < row.number), default=0)
    filler = b'<row r="%d"/>' % (row.number - 1) if before < row.number - 1 else b""
    edits.add(sheet.part, row.element.start, sheet.data.inner_end, filler, Slot.ROWS)
    dimension = sheet.root.first("dimension")
    if dimension is None:
        return
    area = dimension.attributes.get("ref", "")
    if ":" not in area or rows_of_area(area)[1] < row.number:  # it is not needed, nor always right
        edits.add(sheet.part, dimension.start, dimension.end)
    else:
        start, end = dimension.value_span(book.package.parts[sheet.part], "ref")
        edits.add(sheet.part, start, end, area.rstrip("0123456789").encode(), LastRow())


def _calculate(book: Book, edits: Edits) -> None:
    """Excel calculates when it opens the file."""
    content = book.package.parts[book.part]
    calculation = book.root.first("calcPr")
    if calculation is None:
        end = max(each.end for each in book.root.named(*_BEFORE_CALCULATION))
        edits.add(book.part, end, end, b'<calcPr fullCalcOnLoad="1"/>')
    elif "fullCalcOnLoad" in calculation.attributes:
        edits.add(book.part, *calculation.value_span(content, "fullCalcOnLoad"), b"1")
    else:
        end = calculation.start + len(b"<calcPr")
        edits.add(book.part, end, end, b' fullCalcOnLoad="1"')


def _without_order_of_calculation(book: Book, edits: Edits) -> dict[str, bytes]:
    """The parts but for the one in which Excel notes in which order it calculates."""
    gone = set(book.package.related(book.part, "calcChain"))
    for each in book.package.xml(CONTENT_TYPES).named("Override"):
        if each.attributes.get("PartName", "").lstrip("/") in gone:
            edits.add(CONTENT_TYPES, each.start, each.end)
    relations = book.package.relations_part(book.part)
    for each in book.package.xml(relations).named("Relationship"):
        if each.attributes.get("Type", "").endswith("/calcChain"):
            edits.add(relations, each.start, each.end)
    return {name: content for name, content in book.package.parts.items() if name not in gone}
