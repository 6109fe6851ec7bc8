"""How a sheet's rows are written: which writer each column gets, decided once a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, assert_never

from domain.datasets import FieldType
from domain.xlsx_options import XlsxOptions
from processors.renderers.compiled import Compilable, Compiled, compiled, copied, sheet_moments
from processors.renderers.copy_text import TAB
from processors.renderers.frames import Column
from processors.renderers.row_templates import Slot, rows_of
from processors.renderers.values import ALPHABETS, Cells, consists_of
from processors.renderers.xlsx.cells import (
    ColumnWriter,
    ordinary_writer,
    tags_of,
    text_writer,
)
from processors.renderers.xlsx.formulas import FormulaWriter
from processors.renderers.xlsx.links import link_writer
from processors.renderers.xlsx.numeric import numeric
from processors.renderers.xlsx.serials import DATES_1900, DateSystem


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """The numbers of the styles that cells have: of each column's, fields before formulas, and of
    links by field."""

    columns: tuple[int, ...]
    links: Mapping[str, int]


_START: Final = b"<row>"
_END: Final = b"</row>"


class XlsxRows:
    """Writes whole rows."""

    def __init__(
        self,
        columns: tuple[Column, ...],
        options: XlsxOptions,
        styles: Styles,
        system: DateSystem = DATES_1900,
    ) -> None:
        self.fields = tuple(column.name for column in columns)
        self._writers = [
            _writer(column, options, style, styles.links, system)
            for column, style in zip(columns, styles.columns, strict=False)
        ]
        self._formulas = [
            FormulaWriter(formula, style, columns, options)
            for formula, style in zip(options.formulas, styles.columns[len(columns) :], strict=True)
        ]

        self.compiled: Compiled | None = None
        if not (options.formulas or styles.links) and system == DATES_1900:
            self.compiled = compiled(
                [
                    _compilable(column, options, style)
                    for column, style in zip(columns, styles.columns, strict=True)
                ],
                start=_START,
                between=b"",
                end=_END,
            )

    def write(self, flat: list[bytes]) -> bytes:
        width = len(self._writers)
        slots = self.slots(flat)
        if self._formulas:
            slots += [formula.write(flat, width) for formula in self._formulas]
            flat = [b""] * (len(flat) // width * len(slots))
        return rows_of(slots, flat, _START, _END)

    def slots(self, flat: list[bytes]) -> list[Slot]:
        """The fields' columns."""
        width = len(self._writers)
        return [write(flat[number::width]) for number, write in enumerate(self._writers)]

    def try_cell(self, column: int, cell: bytes) -> None:
        self._writers[column]([cell])


def _writer(
    column: Column, options: XlsxOptions, style: int, links: Mapping[str, int], system: DateSystem
) -> ColumnWriter:
    tags = tags_of(style, options.null_text, options.on_long_text)
    inner = numeric(column.type, options.zone, system)
    if inner is not None:
        return ordinary_writer(tags, tags.number, inner)
    match column.type:
        case FieldType.UUID:
            return ordinary_writer(tags, tags.text, _uuids)
        case FieldType.BOOLEAN:
            return ordinary_writer(tags, tags.boolean, _booleans)
        case _ if column.name in links:
            linked = tags_of(links[column.name], options.null_text, options.on_long_text)
            return link_writer(tags, linked)
        case _:
            return text_writer(tags)


def _compilable(column: Column, options: XlsxOptions, style: int) -> Compilable:
    """The same for compiled code."""
    tags = tags_of(style, options.null_text, options.on_long_text)
    kind, more = _kind(column.type, options.zone)
    match column.type:
        case FieldType.TEXT | FieldType.JSON | FieldType.UUID:
            before, after = tags.text
        case FieldType.BOOLEAN:
            before, after = tags.boolean
        case _:
            before, after = tags.number
    return Compilable(kind=kind, before=before, after=after, null=tags.null, more=more)


def _kind(type_: FieldType, zone: str) -> tuple[str, Mapping[str, Any]]:
    match type_:
        case FieldType.TEXT | FieldType.JSON:
            return "sheet-text", {}
        case FieldType.UUID:
            return copied(ALPHABETS[type_])
        case FieldType.BOOLEAN:
            return "words", {"yes": b"1", "no": b"0"}
        case FieldType.INTEGER | FieldType.DECIMAL:
            return "sheet-exact", {"alphabet": ALPHABETS[type_]}
        case FieldType.FLOAT:
            return "sheet-double", {"alphabet": ALPHABETS[type_]}
        case FieldType.DATE:
            return "sheet-day", {}
        case FieldType.TIME:
            return "sheet-time", {}
        case FieldType.TIMESTAMP:
            return sheet_moments(b"", None)
        case FieldType.INSTANT:
            return sheet_moments(b"+00", None if zone == "UTC" else zone)
        case _:
            assert_never(type_)


def _uuids(column: Cells) -> Cells | None:
    return column if consists_of(ALPHABETS[FieldType.UUID], column, TAB.join(column)) else None


def _booleans(column: Cells) -> Cells | None:
    joined = TAB.join(column)
    if len(joined) != 2 * len(column) - 1 or not consists_of(b"tf", column, joined):
        return None
    return joined.translate(_WORDS).split(TAB)


_WORDS = bytes.maketrans(b"tf", b"10")
