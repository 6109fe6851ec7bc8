"""Totals of a field's values, exact whatever the order of the rows: sums are decimals of as many
digits as they need. Partial totals are merged, so that they go from fragment to fragment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final, Self

from domain.datasets import FieldType
from domain.pdf_options import Total
from processors.renderers.copy_text import NULL, TAB
from processors.renderers.values import Cells

Parts = tuple[int, str, str | None, str | None]
"""A tally as JSON has it."""


class Tally:
    """Of one field. A value that is no number makes all its totals but the count no number."""

    __slots__ = ("_least", "_most", "_sum", "count")

    def __init__(
        self,
        count: int = 0,
        total: Decimal = Decimal(0),
        least: Decimal | None = None,
        most: Decimal | None = None,
    ) -> None:
        self.count = count
        self._sum, self._least, self._most = total, least, most

    @classmethod
    def of(cls, cells: Cells, type_: FieldType, wanted: Iterable[Total]) -> Self:
        """Of COPY text; only what is wanted."""
        present = [cell for cell in cells if cell != NULL] if NULL in cells else cells
        if not present or set(wanted) <= {Total.COUNT}:
            return cls(len(present))
        with localcontext(EXACT):
            numbers = _numbers(present, type_)
            total = Decimal(0) + sum(numbers)
            if total.is_nan() and any(number != number for number in numbers):
                return cls(len(present), _NOT_A_NUMBER, _NOT_A_NUMBER, _NOT_A_NUMBER)
            if Total.MIN in wanted or Total.MAX in wanted:
                return cls(len(present), total, Decimal(min(numbers)), Decimal(max(numbers)))
        return cls(len(present), total)

    def merge(self, other: Tally) -> None:
        with localcontext(EXACT):
            self.count += other.count
            self._sum += other._sum
            self._least = _least(self._least, other._least)
            self._most = _most(self._most, other._most)

    def value(self, wanted: Total, places: int | None) -> Decimal | None:
        """None when there is nothing to say it of. An average has so many places, or two more than
        the sum, rounded half away from zero."""
        match wanted:
            case Total.SUM:
                return _NOT_A_NUMBER if self._sum.is_nan() else self._sum
            case Total.AVERAGE:
                return self._average(places)
            case Total.MIN:
                return self._least
            case Total.MAX:
                return self._most
            case Total.COUNT:
                return Decimal(self.count)

    def parts(self) -> Parts:
        least, most = (None if each is None else str(each) for each in (self._least, self._most))
        return self.count, str(self._sum), least, most

    @classmethod
    def from_parts(cls, parts: Sequence[object]) -> Self:
        count, total, least, most = parts
        if not isinstance(count, int):
            raise TypeError(f"{count!r} is no count")
        with localcontext(EXACT):
            return cls(
                count,
                Decimal(str(total)),
                None if least is None else Decimal(str(least)),
                None if most is None else Decimal(str(most)),
            )

    def _average(self, places: int | None) -> Decimal | None:
        if not self.count:
            return None
        if not self._sum.is_finite():
            return self.value(Total.SUM, places)
        exponent = self._sum.as_tuple().exponent
        scale = places if places is not None else _MORE_PLACES - int(exponent)
        with localcontext(EXACT) as context:
            context.prec = max(1, self._sum.adjusted() + 1) + scale + _SPARE_DIGITS
            quotient = self._sum / self.count
            return quotient.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


EXACT: Final = Context(prec=300_000, Emax=999_999, Emin=-999_999, traps=[])
"""More digits than any source's numbers have; what is no number becomes NaN."""
_NOT_A_NUMBER: Final = Decimal("NaN")
_MORE_PLACES: Final = 2
_SPARE_DIGITS: Final = 20


def _numbers(cells: Cells, type_: FieldType) -> Sequence[Decimal] | Sequence[int]:
    if type_ is FieldType.INTEGER:
        try:
            return list(map(int, cells))
        except ValueError:
            pass
    return list(map(Decimal, TAB.join(cells).decode().split("\t")))


def _least(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Of two that are equal, but for their digits, the first."""
    if one is None or other is None:
        return other if one is None else one
    return other if other.is_nan() or other < one else one


def _most(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return other if one is None else one
    return other if other.is_nan() or other > one else one
