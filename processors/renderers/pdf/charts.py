"""What charts show of groups, gathered as groups end and in bounded memory, however many there
are."""

from __future__ import annotations

import heapq
from decimal import Decimal, localcontext
from typing import Final

from domain.pdf_options import Chart, Total
from processors.renderers.pdf.tallies import EXACT


class ChartData:
    """The totals of the outermost groups for one chart. `field` counts those that have totals."""

    def __init__(self, chart: Chart, field: int, total: Total) -> None:
        self.chart, self.field, self.total = chart, field, total
        self.groups = 0
        self.left_out = 0
        self.sum = Decimal(0)
        self.has_negative = False
        self._first: list[tuple[str, Decimal]] = []
        self._largest: list[tuple[Decimal, int, str]] = []

    def take(self, label: str, value: Decimal | None) -> None:
        """A group, in the order of the file; one without a number is counted only."""
        self.groups += 1
        if value is None or not value.is_finite():
            self.left_out += 1
            return
        with localcontext(EXACT):
            self.sum += value
        self.has_negative = self.has_negative or value < 0
        if len(self._first) < MOST_POINTS:
            self._first.append((label, value))
        heapq.heappush(self._largest, (value, -self.groups, label))
        if len(self._largest) > MOST_BARS:
            heapq.heappop(self._largest)

    @property
    def shown(self) -> int:
        """Groups that have a number."""
        return self.groups - self.left_out

    def points(self) -> list[tuple[str, Decimal]]:
        """In the order of the file; all of them if there are no more than `MOST_POINTS`."""
        return self._first

    def largest(self, most: int) -> list[tuple[str, Decimal]]:
        """In the order of the file."""
        chosen = heapq.nlargest(most, self._largest)
        return [(label, value) for value, _, label in sorted(chosen, key=lambda each: -each[1])]


MOST_POINTS: Final = 200
MOST_BARS: Final = 24
MOST_SLICES: Final = 11
