"""What a workbook's summary says: figures of fields, totals by a field's values, and charts of
those."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.format_options import OptionConflict
from domain.format_rules import by_field, choice, different, field_name, field_names
from domain.json_reading import ValueRefused
from domain.json_shapes import EMPTY, Listed, listed, or_null, record


class Figure(StrEnum):
    """What can be said of a field's values. COUNT is of numbers and dates, or of all that is not
    empty in a field that has neither."""

    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    COUNT = "count"


class ChartKind(StrEnum):
    BAR = "bar"
    COLUMN = "column"
    LINE = "line"
    PIE = "pie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """How many rows there are for each value of the field `by`, and the sums of other fields."""

    by: str
    sums: Listed[str] = EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Of the group by the same field: of one of its sums, or of its rows if `of` is None."""

    kind: ChartKind
    by: str
    of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`figures` are by field name."""

    figures: tuple[tuple[str, Listed[Figure]], ...] = ()
    groups: Listed[Group] = EMPTY
    charts: Listed[Chart] = EMPTY

    @property
    def fields(self) -> list[str]:
        """What it is about, some perhaps more than once."""
        figures = [name for name, _ in self.figures]
        return [*figures, *(name for group in self.groups for name in (group.by, *group.sums))]

    def __post_init__(self) -> None:
        """Raises `OptionConflict`."""
        if not self.figures and not self.groups:
            raise OptionConflict("figures", "is missing, and so is groups; ask for one of them")
        for at, group in enumerate(self.groups):
            if group.by in [earlier.by for earlier in self.groups[:at]]:
                raise OptionConflict(f"groups/{at}/by", "is grouped by already; leave one out")
        sums = {group.by: group.sums for group in self.groups}
        for at, chart in enumerate(self.charts):
            if chart.by not in sums:
                raise OptionConflict(f"charts/{at}/by", "names no group; add it to groups")
            if chart.of is not None and chart.of not in sums[chart.by]:
                raise OptionConflict(f"charts/{at}/of", "names no sum of that group; add it there")


def figures(json: object) -> Listed[Figure]:
    found = different(listed(choice(Figure), len(Figure))(json))
    if not found:
        raise ValueRefused(f"must name some of {', '.join(Figure)}")
    return found


_MOST_SUMS: Final = 10
_MOST_GROUPS: Final = 4
_MOST_CHARTS: Final = 8


summary = or_null(
    record(
        Summary,
        {
            "figures": by_field(figures, '{"amount": ["sum"]}'),
            "groups": listed(
                record(Group, {"by": field_name, "sums": field_names(_MOST_SUMS)}, ["by"]),
                _MOST_GROUPS,
            ),
            "charts": listed(
                record(
                    Chart,
                    {"kind": choice(ChartKind), "by": field_name, "of": or_null(field_name)},
                    ["kind", "by"],
                ),
                _MOST_CHARTS,
            ),
        },
    )
)
