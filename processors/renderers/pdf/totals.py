"""The lines below a group, and below all rows, that say what its rows come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from domain.datasets import FieldType
from domain.formats import PdfOptions
from domain.pdf_options import Total
from processors.renderers.frames import Column, PlanUnfit
from processors.renderers.pdf.banners import Banners, Placed, Strip
from processors.renderers.pdf.columns import written_values
from processors.renderers.pdf.faces import Faces
from processors.renderers.pdf.layout import NUMBERS, Layout, PageTooNarrow
from processors.renderers.pdf.tallies import Tally
from processors.renderers.pdf.titles import people_title
from processors.renderers.values import Cells


class NoNumbers(PlanUnfit):
    """Only numbers have other totals than a count. Ask for the count, or leave the field out."""


class TotalPens:
    """Made once a plan, for the columns that rows have, in whose order the `fields` are."""

    def __init__(
        self, columns: tuple[Column, ...], layout: Layout, banners: Banners, options: PdfOptions
    ) -> None:
        """Raises `NoNumbers` and `PageTooNarrow`."""
        asked = dict(options.totals)
        self.fields = [
            TotalField(column, at, _in_order(asked[column.name]), options, layout.faces)
            for at, column in enumerate(columns)
            if column.name in asked
        ]
        self._banners = banners
        self._kinds = [
            kind for kind in _ORDER if any(kind in field.wanted for field in self.fields)
        ]
        first = layout.places[self.fields[0].at].left if self.fields else layout.width
        self._above = first - layout.places[0].left < _LABEL_ROOM
        self._first = first
        self.lines = len(self._kinds) * (2 if self._above else 1)
        if self.lines > layout.most_lines:
            raise PageTooNarrow(f"the {self.lines} lines of the totals don't fit on a page")

    def strip(self, label: str, rows: int, tallies: Sequence[Tally]) -> Strip:
        counted = f"{label} ({rows:,} {'row' if rows == 1 else 'rows'})"
        lines: list[list[Placed]] = []
        for kind in self._kinds:
            said = f"{WORDS[kind]}: {counted}" if kind is self._kinds[0] else WORDS[kind]
            numbers = list(self._numbers(kind, tallies))
            if self._above:
                lines += [[self._banners.line(said)], numbers]
            else:
                lines.append([self._banners.line(said, self._first), *numbers])
        return self._banners.strip(lines)

    def _numbers(self, kind: Total, tallies: Sequence[Tally]) -> Iterator[Placed]:
        for field, tally in zip(self.fields, tallies, strict=True):
            if kind in field.wanted:
                yield self._banners.number(field.text(kind, field.value(kind, tally)), field.at)


def _in_order(wanted: Iterable[Total]) -> tuple[Total, ...]:
    return tuple(sorted(wanted, key=_ORDER.index))


_LABEL_ROOM: Final = 120
_ORDER: Final = tuple(Total)
WORDS: Final = {
    Total.SUM: "Sum",
    Total.AVERAGE: "Average",
    Total.MIN: "Minimum",
    Total.MAX: "Maximum",
    Total.COUNT: "Count",
}
_NOTHING: Final = "\N{EN DASH}"
_LONG: Final = 20


class TotalField:
    """A field with totals, in the column `at`."""

    def __init__(
        self,
        column: Column,
        at: int,
        wanted: tuple[Total, ...],
        options: PdfOptions,
        faces: Faces,
    ) -> None:
        if column.type not in NUMBERS and set(wanted) != {Total.COUNT}:
            raise NoNumbers(
                f"totals asks for more than the count of {column.name}, which is no number; "
                "ask for its count, or leave it out"
            )
        self.name, self.at, self.wanted = column.name, at, wanted
        self.title = people_title(column, options, faces)
        self._places = options.decimal_places
        own = column.type if column.type in NUMBERS else FieldType.INTEGER
        self._writers: dict[Total, Callable[[Cells], Cells]] = {
            kind: written_values(_type(kind, own), options) for kind in wanted
        }

    def value(self, kind: Total, tally: Tally) -> Decimal | None:
        return tally.value(kind, self._places)

    def text(self, kind: Total, value: Decimal | None) -> str:
        if value is None:
            return _NOTHING
        return self._writers[kind]([_digits(value)])[0].decode()


def _type(kind: Total, own: FieldType) -> FieldType:
    match kind:
        case Total.AVERAGE:
            return FieldType.DECIMAL
        case Total.COUNT:
            return FieldType.INTEGER
        case _:
            return own


def _digits(value: Decimal) -> bytes:
    """As a source writes numbers; in powers of ten where there would be nothing but zeros."""
    if value.is_finite() and abs(value.adjusted()) < _LONG:
        return f"{value:f}".encode()
    return str(value).replace("E", "e").encode()
