"""Placeholders where nothing is filled in, such as a page header: they would stay in the file, and
whoever opens it would be the first to see."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final
from xml.sax.saxutils import unescape

from domain.workbooks.book import Book
from domain.workbooks.refusing import WorkbookRefused
from domain.workbooks.xml_places import Element

OF_THE_EXPORT: Final = "waybill."
"""What the placeholders begin with that are no fields."""


def check_elsewhere(book: Book, fields: Collection[str]) -> None:
    """Raises `WorkbookRefused` for a placeholder that would be filled in if it were in a cell."""
    for part in sorted(book.package.parts, key=lambda part: part != book.part):
        kind = book.package.content_type(part)
        if part == book.strings_part or not part.endswith((".xml", ".vml")):
            continue
        if kind.endswith(_PIVOT_CACHES):  # Excel reads those anew
            continue
        content = book.package.parts[part]
        if not any(_known(content, fields)):
            continue
        for name, at in _known(_without(content, _read_anew(book, part)), fields):
            raise WorkbookRefused(
                f"has {{{{{name[:60]}}}}} outside of cells, in {_place(book, part, at)}; put it in "
                "a cell, where it is filled in"
            )


_PLACEHOLDER: Final = re.compile(
    rb"\{(?:<[^<>{}]*+>)*+\{((?:[^{}<]|<[^<>{}]*+>)*+)\}(?:<[^<>{}]*+>)*+\}", re.DOTALL
)
"""Also where its font changes within. It never looks beyond the next bracket, so that no part takes
long."""
_TAG: Final = re.compile(rb"<[^<>]*+>")
_CHARTS: Final = ("chart+xml", "chartex+xml")
_PIVOT_CACHES: Final = ("pivotCacheDefinition+xml", "pivotCacheRecords+xml")
_OF_A_SHEET: Final = {
    "headerFooter": "a page header or footer",
    "dataValidations": "a validation",
    "conditionalFormatting": "a conditional format",
    "hyperlinks": "a link",
}
_OF_THE_BOOK: Final = {"sheets": "the name of a sheet", "definedNames": "a name"}
_KINDS: Final = {
    "drawing+xml": "a shape or text box",
    **dict.fromkeys(_CHARTS, "a chart"),
    "comments+xml": "a comment",
    "table+xml": "a table",
    "-properties+xml": "the file's properties",
}
"""Parts, by what their content types end with."""


def _known(content: bytes, fields: Collection[str]) -> Iterator[tuple[str, int]]:
    """Placeholders that would be filled in, and where they are."""
    for found in _PLACEHOLDER.finditer(content):
        name = unescape(_TAG.sub(b"", found[1]).decode(errors="replace")).strip()
        if name.startswith(OF_THE_EXPORT) or name in fields:
            yield name, found.start()


def _without(content: bytes, elements: Iterator[Element]) -> bytes:
    """With blanks instead, so that places stay true."""
    blanked = bytearray(content)
    for each in elements:
        blanked[each.start : each.end] = b" " * (each.end - each.start)
    return bytes(blanked)


def _read_anew(book: Book, part: str) -> Iterator[Element]:
    """Where a placeholder is that of a cell: among the cells, and where a chart remembers them, as
    Excel reads those anew."""
    if book.package.content_type(part).endswith(_CHARTS):
        waiting = [book.package.xml(part)]
        while waiting:
            element = waiting.pop()
            if element.name.endswith("Cache") or element.name == "cx:lvl":
                yield element
            else:
                waiting += element.children
    else:
        yield from (sheet.data for sheet in book.sheets if sheet.part == part)


def _place(book: Book, part: str, at: int) -> str:
    for sheet in book.sheets:
        if sheet.part == part:
            return f"{_within(sheet.root, at, _OF_A_SHEET)} of {sheet.name} ({part})"
    if part == book.part:
        return f"{_within(book.root, at, _OF_THE_BOOK)} ({part})"
    kind = book.package.content_type(part)
    named = (name for ending, name in _KINDS.items() if kind.lower().endswith(ending))
    what = next(named, None)
    return part if what is None else f"{what} ({part})"


def _within(root: Element, at: int, names: dict[str, str]) -> str:
    found = (each.name for each in root.children if each.start <= at < each.end)
    return names.get(next(found, ""), "an element")
