"""What a summary counts, decided once a plan: of which columns, and by which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.datasets import FieldType
from domain.xlsx_options import XlsxOptions
from domain.xlsx_summaries import Figure, Summary
from processors.renderers.frames import Column, PlanUnfit
from processors.renderers.xlsx.cells import Inner
from processors.renderers.xlsx.figures import Figures, together
from processors.renderers.xlsx.numeric import SUMMED, numeric


class SummaryUnfit(PlanUnfit):
    """The summary asks for something that a field's values don't have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """By the columns' numbers, from 0. `inners` are of those whose cells hold numbers."""

    columns: tuple[Column, ...]
    totals: tuple[tuple[int, frozenset[Figure]], ...]
    groups: tuple[tuple[int, tuple[int, ...]], ...]
    inners: dict[int, Inner]
    null_text: str

    def together(self, every: Iterable[Figures]) -> Figures:
        return together(every, len(self.totals), len(self.groups))


def counted(columns: tuple[Column, ...], options: XlsxOptions) -> Counted | None:
    """None without a summary. Raises `SummaryUnfit`."""
    summary = options.summary
    if summary is None:
        return None
    _check(summary, columns)
    numbers = {column.name: number for number, column in enumerate(columns)}
    figures = dict(summary.figures)
    inners = {at: numeric(column.type, options.zone) for at, column in enumerate(columns)}
    return Counted(
        columns=columns,
        totals=tuple(
            (at, frozenset(figures[name])) for name, at in numbers.items() if name in figures
        ),
        groups=tuple(
            (numbers[group.by], tuple(numbers[name] for name in group.sums))
            for group in summary.groups
        ),
        inners={at: inner for at, inner in inners.items() if inner is not None},
        null_text=options.null_text,
    )


_GROUPING = {
    FieldType.TEXT,
    FieldType.UUID,
    FieldType.INTEGER,
    FieldType.BOOLEAN,
    FieldType.DATE,
}
_ORDERED = SUMMED | {FieldType.DATE, FieldType.TIME, FieldType.TIMESTAMP, FieldType.INSTANT}
_OF_TYPES = {
    Figure.SUM: SUMMED,
    Figure.AVERAGE: SUMMED,
    Figure.MIN: _ORDERED,
    Figure.MAX: _ORDERED,
    Figure.COUNT: set(FieldType),
}


def _check(summary: Summary, columns: Sequence[Column]) -> None:
    types = {column.name: column.type for column in columns}
    for name, figures in summary.figures:
        for figure in figures:
            _check_type(f"the {figure}", name, types, _OF_TYPES[figure])
    for group in summary.groups:
        _check_type("totals", group.by, types, _GROUPING, how="by ")
        for name in group.sums:
            _check_type("sums", name, types, SUMMED)


def _check_type(
    what: str, name: str, types: dict[str, FieldType], allowed: set[FieldType], how: str = "of "
) -> None:
    if types[name] not in allowed:
        fitting = ", ".join(each for each in FieldType if each in allowed)
        raise SummaryUnfit(
            f"summary asks for {what} {how}{name}, which is {types[name]}; "
            f"that can be had {how}fields that are {fitting}"
        )
