"""Where things are in an uploaded workbook: its sheets, their cells, and the texts of these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.workbooks.packages import Package
from domain.workbooks.references import LAST_ROW
from domain.workbooks.refusing import WorkbookRefused
from domain.workbooks.xml_places import Element


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    part: str
    root: Element
    data: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`row` and `column` are counted from 1."""

    sheet: Sheet
    row: int
    column: int
    element: Element

    @property
    def name(self) -> str:
        """As people call it: `Data!C6`."""
        return f"{self.sheet.name}!{column_letters(self.column)}{self.row}"

    @property
    def style(self) -> int:
        return number(self.element.attributes.get("s", "0"))

    @property
    def formula(self) -> Element | None:
        return self.element.first("f")

    @property
    def is_empty(self) -> bool:
        """Whether it has a style at most."""
        return not self.element.children


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    element: Element
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """`runs` are the elements in `part` that hold it; several where its font changes."""

    part: str
    runs: tuple[Element, ...]

    @property
    def whole(self) -> str:
        return "".join(run.text for run in self.runs)


class Book:
    """Raises `WorkbookRefused` for what is no workbook of Excel's."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._rows: dict[str, tuple[Row, ...]] = {}
        self.part = _only(package, "", "officeDocument")
        self.root = _root(package, self.part, "workbook")
        self.styles = _only(package, self.part, "styles")
        _root(package, self.styles, "styleSheet")
        self.sheets = tuple(self._sheets())
        strings = package.related(self.part, "sharedStrings")
        self.strings_part = strings[0] if strings else None
        self._strings = [] if not strings else [*_root(package, strings[0], "sst").named("si")]

    @property
    def dates_from_1904(self) -> bool:
        """Whether its dates count from 1904-01-01 (ECMA-376 part 1, 18.2.28), as those of Excel for
        Mac once did."""
        said = self.root.first("workbookPr")
        return said is not None and said.attributes.get("date1904", "0") in ("1", "true")

    def rows(self, sheet: Sheet) -> tuple[Row, ...]:
        """In their order. Rows and cells that don't say where they are follow each other."""
        if sheet.part not in self._rows:
            self._rows[sheet.part] = tuple(_rows(sheet))
        return self._rows[sheet.part]

    def text(self, cell: Cell) -> Text | None:
        """None for what holds no text."""
        match cell.element.attributes.get("t"):
            case "s":
                return self._shared(cell)
            case "inlineStr":
                inline = cell.element.first("is")
                return None if inline is None else Text(cell.sheet.part, _runs(inline))
            case _:
                return None

    def _shared(self, cell: Cell) -> Text | None:
        value = cell.element.first("v")
        if value is None:
            return None
        at = number(value.text)
        if self.strings_part is None or at >= len(self._strings):
            raise WorkbookRefused(f"has no text for {cell.name}; save it anew in Excel")
        return Text(self.strings_part, _runs(self._strings[at]))

    def _sheets(self) -> Iterator[Sheet]:
        """Of cells: a sheet that is a chart has none."""
        relations = {each.id: each for each in self.package.relations(self.part)}
        sheets = self.root.first("sheets")
        taken: set[str] = set()
        for element in sheets.named("sheet") if sheets is not None else ():
            relation = relations.get(element.attributes.get("r:id", ""))
            if relation is None or relation.kind != "worksheet":
                continue
            root = _root(self.package, relation.target, "worksheet")
            data = root.first("sheetData")
            if data is None:
                raise WorkbookRefused(f"has a part {relation.target} without cells")
            name = element.attributes.get("name", "")
            if taken & {name.casefold(), relation.target}:
                raise WorkbookRefused(f"has the sheet {name} twice; save it anew in Excel")
            taken |= {name.casefold(), relation.target}
            yield Sheet(name, relation.target, root, data)


def number(text: str) -> int:
    """A whole number that a part has."""
    if not _NUMBER.fullmatch(text.strip()):
        raise WorkbookRefused(f"has {text[:20]!r} where a number belongs; save it anew in Excel")
    return int(text)


def column_number(letters: str) -> int:
    """`A` is 1."""
    found = 0
    for letter in letters.upper():
        found = 26 * found + ord(letter) - ord("A") + 1
    return found


def column_letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_PLACE: Final = re.compile(r"([A-Za-z]{1,3})[0-9]+")


def _only(package: Package, part: str, kind: str) -> str:
    found = package.related(part, kind)
    if len(found) != 1:
        raise WorkbookRefused("is no Excel workbook; save it as .xlsx in Excel")
    return found[0]


def _root(package: Package, part: str, name: str) -> Element:
    """Written as Excel does: what is put in has no prefixes."""
    root = package.xml(part)
    if root.name != name or not package.parts[part].startswith(b"<" + name.encode(), root.start):
        raise WorkbookRefused(f"has a part {part} that is not as Excel writes it; save it there")
    return root


def _rows(sheet: Sheet) -> Iterator[Row]:
    last = 0
    for element in sheet.data.named("row"):
        at = number(element.attributes.get("r", str(last + 1)))
        if not last < at <= LAST_ROW:
            raise WorkbookRefused(f"has rows out of order in {sheet.name}; save it in Excel")
        yield Row(at, element, tuple(_cells(sheet, at, element)))
        last = at


def _cells(sheet: Sheet, row: int, element: Element) -> Iterator[Cell]:
    last = 0
    for each in element.named("c"):
        place = each.attributes.get("r")
        found = _PLACE.fullmatch(place) if place is not None else None
        column = column_number(found[1]) if found is not None else last + 1
        if column <= last:
            raise WorkbookRefused(f"has cells out of order in {sheet.name}; save it in Excel")
        yield Cell(sheet=sheet, row=row, column=column, element=each)
        last = column


def _runs(text: Element) -> tuple[Element, ...]:
    """Without the hints to its reading, which are no part of it."""
    runs = []
    for child in text.named("t", "r"):
        runs += [child] if child.name == "t" else [*child.named("t")]
    return tuple(runs)
