"""What grows with the rows in an uploaded workbook: every range that ends at the row of
placeholders, wherever it is written. Nothing is moved: what would have to be is refused."""

from __future__ import annotations

from typing import Final

from domain.workbooks.book import Book, Sheet
from domain.workbooks.edits import Edits, written
from domain.workbooks.references import (
    Anchor,
    CantGrow,
    Grown,
    Ways,
    grown,
    rows_of_area,
)
from domain.workbooks.refusing import WorkbookRefused
from domain.workbooks.xml_places import Element


def grow(book: Book, anchor: Anchor, edits: Edits) -> None:
    """Puts all that grows among the edits. Raises `WorkbookRefused`."""
    growing = _Growing(book, anchor, edits)
    for sheet in book.sheets:
        growing.sheet(sheet)
        if sheet.name == anchor.sheet:
            for part in book.package.related(sheet.part, "table"):
                growing.table(part)
    growing.names()
    for part in book.package.parts:
        kind = book.package.content_type(part)
        if kind in _CHARTS:
            growing.chart(part)
        elif kind.endswith("pivotCacheDefinition+xml"):
            growing.pivot_cache(part)
        elif kind.endswith("controlproperties+xml"):
            growing.control(part)


_CHARTS: Final = {
    "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
    "application/vnd.ms-office.chartex+xml",
}
_PLACED: Final = {
    "autoFilter": "a filter",
    "sortState": "a sort order",
    "conditionalFormatting": "a conditional format",
    "dataValidation": "a validation",
    "protectedRange": "a protected range",
    "ignoredError": "an ignored error",
}
"""Elements of a sheet that are for an area, in their attribute `ref` or `sqref`."""
_RULED: Final = {
    "conditionalFormatting",
    "dataValidation",
    "x14:conditionalFormatting",
    "x14:dataValidation",
}
"""Elements of a sheet with formulas that are applied to each cell of their area."""
_FORMULAS: Final = {"formula", "formula1", "formula2", "xm:f"}
_TITLES: Final = "_xlnm.Print_Titles"
_CLEAR: Final = "; clear it, or put it above or on another sheet"


class _Growing:
    """One workbook's."""

    def __init__(self, book: Book, anchor: Anchor, edits: Edits) -> None:
        self._book = book
        self._parts = book.package.parts
        self._anchor = anchor
        self._edits = edits

    def sheet(self, sheet: Sheet) -> None:
        self._cells(sheet)
        here = sheet.name == self._anchor.sheet
        waiting = [child for child in sheet.root.children if child is not sheet.data]
        while waiting:
            element = waiting.pop()
            if element.name in _RULED:
                self._ruled(sheet, element)
            elif element.name == "x14:sparkline":
                self._sparkline(sheet, element)
            else:
                waiting += element.children
                if element.name == "xm:f" or (element.name == "xm:sqref" and here):
                    where = f"an extension of {sheet.name}"
                    self._content(sheet.part, element, where, Ways(sheet=sheet.name, single=True))
            if element.name in _PLACED and here:
                self._area(sheet.part, element, f"{_PLACED[element.name]} in {sheet.name}")

    def names(self) -> None:
        names = self._book.root.first("definedNames")
        for each in names.named("definedName") if names is not None else ():
            name = each.attributes.get("name", "")
            where = f"the name {name}"
            ways = Ways(sheet="", single=True)
            changed = self._content(self._book.part, each, where, ways)
            if changed and name == _TITLES:
                raise WorkbookRefused(
                    "repeats the row of placeholders on each page; choose print titles above it"
                )

    def chart(self, part: str) -> None:
        """What it remembers of a range that grows is left out: it is read anew."""
        for parent in self._book.package.xml(part).walk():
            for each in parent.named("c:f", "cx:f"):
                if self._content(part, each, f"a chart ({part})", Ways(sheet="", single=True)):
                    for cache in parent.children:
                        if cache.name.endswith("Cache"):
                            self._edits.add(part, cache.start, cache.end)

    def table(self, part: str) -> None:
        """Of the sheet of the rows."""
        table = self._book.package.xml(part)
        said = table.attributes
        first, last = rows_of_area(said.get("ref", ""))
        name, row = said.get("displayName", part), self._anchor.row
        if last < row:
            return
        if said.get("totalsRowCount", "0") != "0":
            raise WorkbookRefused(
                f"has a table {name} with a row of totals at or below the row of placeholders; "
                "turn it off, and put the totals above or on another sheet"
            )
        if last != row or first + (said.get("headerRowCount", "1") != "0") > row:
            raise WorkbookRefused(
                f"has a table {name} whose only row of data isn't the row of placeholders; "
                "make it end there"
            )
        for each in table.walk():
            if each.name in ("table", "autoFilter", "sortState"):
                self._area(part, each, f"the table {name}")

    def pivot_cache(self, part: str) -> None:
        """Excel reads the source anew when it opens the file."""
        root = self._book.package.xml(part)
        source = next((e for e in root.walk() if e.name == "worksheetSource"), None)
        if source is None:
            return
        sheet, area = source.attributes.get("sheet", ""), source.attributes.get("ref")
        if area is not None:
            if sheet.casefold() != self._anchor.sheet.casefold():
                return
            if rows_of_area(area)[1] < self._anchor.row:
                return
            self._area(part, source, f"the source of a pivot table ({part})")
        content = self._parts[part]
        if "refreshOnLoad" in root.attributes:
            self._edits.add(part, *root.value_span(content, "refreshOnLoad"), b"1")
        else:
            end = root.start + len(content[root.start :].split(None, 1)[0])
            self._edits.add(part, end, end, b' refreshOnLoad="1"')

    def control(self, part: str) -> None:
        """A list of a form's control. Nothing in it is changed."""
        for element in self._book.package.xml(part).walk():
            for name, text in element.attributes.items():
                if name.startswith("fmla"):
                    where = f"a control ({part})"
                    if self._grown(text, where, Ways(sheet=self._anchor.sheet)) is not None:
                        raise WorkbookRefused(f"has {where} of {text}, which would have to grow")

    def _cells(self, sheet: Sheet) -> None:
        """But for the row of placeholders, which has no formulas. What a formula came to is left
        out, as it may be wrong now: Excel calculates when it opens the file."""
        content = self._parts[sheet.part]
        for row in self._book.rows(sheet):
            for cell in row.cells if not self._is_anchor(sheet, row.number) else ():
                formula = cell.formula
                if formula is None:
                    continue
                first, last = rows_of_area(formula.attributes.get("ref", "A1"))
                shared = formula.attributes.get("t") == "shared"
                ways = Ways(sheet=sheet.name, height=last - first if shared else 0)
                self._content(sheet.part, formula, f"the formula {cell.name}", ways)
                for value in cell.element.named("v"):
                    self._edits.add(sheet.part, value.start, value.end)
                if "t" in cell.element.attributes:
                    self._edits.add(sheet.part, *cell.element.attribute_span(content, "t"))

    def _is_anchor(self, sheet: Sheet, row: int) -> bool:
        return sheet.name == self._anchor.sheet and row >= self._anchor.row

    def _ruled(self, sheet: Sheet, element: Element) -> None:
        """Of a rule for the row itself, references without `$` are those of each row."""
        places = [e for e in element.walk() if e.name == "xm:sqref"]
        area = element.attributes.get("sqref") or " ".join(place.text for place in places)
        here = sheet.name == self._anchor.sheet
        relative = here and any(rows_of_area(a)[1] >= self._anchor.row for a in area.split())
        where = f"a conditional format or a validation of {sheet.name}!{area}"
        ways = Ways(sheet=sheet.name, relative=relative)
        for each in element.walk():
            if each.name in _FORMULAS and not each.children:
                self._content(sheet.part, each, where, ways)
            elif each.name == "cfvo" and "val" in each.attributes:
                self._value(sheet.part, each, "val", where, ways)
        for place in places if here else ():
            self._content(sheet.part, place, where, Ways(sheet=sheet.name, single=True))

    def _sparkline(self, sheet: Sheet, element: Element) -> None:
        place = element.first("xm:sqref")
        where = f"a sparkline in {sheet.name}!{place.text if place is not None else ''}"
        if place is not None and self._is_anchor(sheet, rows_of_area(place.text)[1]):
            raise WorkbookRefused(f"has {where}, at or below the row of placeholders{_CLEAR}")
        for each in element.named("xm:f"):
            self._content(sheet.part, each, where, Ways(sheet=sheet.name, single=True))

    def _area(self, part: str, element: Element, where: str) -> None:
        name = "ref" if "ref" in element.attributes else "sqref"
        if name in element.attributes:
            self._value(part, element, name, where, Ways(sheet=self._anchor.sheet, single=True))

    def _value(self, part: str, element: Element, name: str, where: str, ways: Ways) -> None:
        pieces = self._grown(element.attributes[name], where, ways)
        if pieces is not None:
            span = element.value_span(self._parts[part], name)
            self._edits.add(part, *span, *written(pieces))

    def _content(self, part: str, element: Element, where: str, ways: Ways) -> bool:
        """Whether it grows."""
        pieces = self._grown(element.text, where, ways)
        if pieces is not None:
            self._edits.add(part, element.inner, element.inner_end, *written(pieces))
        return pieces is not None

    def _grown(self, text: str, where: str, ways: Ways) -> Grown | None:
        try:
            return grown(text, self._anchor, ways)
        except CantGrow as cant:
            raise WorkbookRefused(
                f"has {cant.reference} in {where}, which {cant.why}{_CLEAR}"
            ) from cant
