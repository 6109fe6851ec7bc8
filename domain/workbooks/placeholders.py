"""Placeholders in the cells of an uploaded workbook: one row of fields, and what is said of the
export anywhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.workbooks.book import Book, Cell, Row, Text
from domain.workbooks.edits import COUNTS, Edits, Said
from domain.workbooks.elsewhere import OF_THE_EXPORT, check_elsewhere
from domain.workbooks.refusing import WorkbookRefused


@dataclass(frozen=True, slots=True)
class Fields:
    """The row of placeholders: which field is in which column."""

    row: Row
    names: dict[int, str]


def place(book: Book, edits: Edits) -> Fields:
    """Finds the row, and puts the other placeholders among the edits. Raises `WorkbookRefused`."""
    rows: dict[tuple[str, int], Row] = {}
    fields: dict[tuple[str, int], dict[int, str]] = {}
    said: list[tuple[Cell, Text, list[str]]] = []
    for row in (row for sheet in book.sheets for row in book.rows(sheet)):
        for cell, text, names in _placeholders(book, row):
            at = cell.sheet.name, cell.row
            if names[0].startswith(OF_THE_EXPORT):
                said.append((cell, text, names))
            else:
                rows[at] = row
                fields.setdefault(at, {})[cell.column] = _field(cell, text, names)
    at = _only_row(fields)
    for cell, text, names in said:
        if (cell.sheet.name, cell.row) == at:
            raise WorkbookRefused(
                f"says {names[0]} in {cell.name}, in the row of placeholders; put it elsewhere"
            )
        _say(book, cell, text, names, edits)
    check_elsewhere(book, fields[at].values())
    return Fields(rows[at], fields[at])


_PLACEHOLDER: Final = re.compile(r"\{\{([^{}]*+)\}\}")
_RAW: Final = re.compile(rb"\{\{([^{}]*+)\}\}")


def _placeholders(book: Book, row: Row) -> Iterator[tuple[Cell, Text, list[str]]]:
    for cell in row.cells:
        formula = cell.formula
        if formula is not None and _PLACEHOLDER.search(formula.text):
            raise WorkbookRefused(
                f"has a placeholder in the formula {cell.name}; put it in a cell of its own and "
                "refer to that"
            )
        text = book.text(cell)
        if text is None and formula is None and _PLACEHOLDER.search(_value(cell)):
            raise WorkbookRefused(
                f"has a placeholder in {cell.name} that isn't stored as a text; type it anew"
            )
        if text is None or "{{" not in text.whole:
            continue
        names = [name.strip() for name in _PLACEHOLDER.findall(text.whole)]
        if not names:
            continue
        content = book.package.parts[text.part]
        found = sum(len(_RAW.findall(content[run.inner : run.inner_end])) for run in text.runs)
        if found != len(names):
            raise WorkbookRefused(
                f"has a placeholder in {cell.name} whose font changes within; type it anew in one"
            )
        yield cell, text, names


def _value(cell: Cell) -> str:
    value = cell.element.first("v")
    return "" if value is None else value.text


def _field(cell: Cell, text: Text, names: list[str]) -> str:
    if _PLACEHOLDER.fullmatch(text.whole.strip()) is None:
        raise WorkbookRefused(
            f"has {{{{{names[0]}}}}} within a longer text in {cell.name}; a field's placeholder "
            "is alone in its cell, and others begin with waybill."
        )
    return names[0]


def _only_row(fields: dict[tuple[str, int], dict[int, str]]) -> tuple[str, int]:
    if not fields:
        raise WorkbookRefused(
            "has no row of placeholders; write {{name}} in a cell for each field, all in one row"
        )
    (first, *others) = fields
    for sheet, row in others:
        name = next(iter(fields[sheet, row].values()))
        raise WorkbookRefused(
            f"has fields' placeholders in {first[0]}, row {first[1]}, and {{{{{name}}}}} in "
            f"{sheet}, row {row}; put all in one row, and call what is said of the export waybill.…"
        )
    names = list(fields[first].values())
    for name in names:
        if names.count(name) > 1:
            raise WorkbookRefused(f"has {{{{{name}}}}} twice; leave one out")
    return first


def _say(book: Book, cell: Cell, text: Text, names: list[str], edits: Edits) -> None:
    for name in names:
        if name not in list(Said):
            raise WorkbookRefused(
                f"has an unknown placeholder {{{{{name[:60]}}}}} in {cell.name}; known are "
                + ", ".join(Said)
            )
    alone = _PLACEHOLDER.fullmatch(text.whole.strip())
    if alone is not None and names[0] in COUNTS:
        _say_number(book.package.parts[cell.sheet.part], cell, Said(names[0]), edits)
        return
    content = book.package.parts[text.part]
    for run in text.runs:
        for found in _RAW.finditer(content, run.inner, run.inner_end):
            edits.add(text.part, *found.span(), Said(found[1].decode().strip()))


def _say_number(content: bytes, cell: Cell, said: Said, edits: Edits) -> None:
    """A cell that is no text any more."""
    part, element = cell.sheet.part, cell.element
    edits.add(part, *element.attribute_span(content, "t"))
    edits.add(part, element.inner, element.inner_end, b"<v>", said, b"</v>")
