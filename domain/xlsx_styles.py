"""How the cells of a workbook's columns look, whatever is in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.format_options import OptionConflict
from domain.format_rules import boolean, choice, colour
from domain.json_shapes import or_null, record


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStyle:
    """`font` and `fill` are colours. Without `align` numbers stand to the right and texts to the
    left, as Excel has them. `wrap` is of texts: Excel wraps no numbers."""

    bold: bool = False
    italic: bool = False
    font: str | None = None
    fill: str | None = None
    align: Align | None = None
    wrap: bool = False

    def __post_init__(self) -> None:
        """Raises `OptionConflict`."""
        if not any((self.bold, self.italic, self.font, self.fill, self.align, self.wrap)):
            raise OptionConflict("bold", "is missing, as is all else; say how it is to look")


column_style = record(
    ColumnStyle,
    {
        "bold": boolean,
        "italic": boolean,
        "font": or_null(colour),
        "fill": or_null(colour),
        "align": or_null(choice(Align)),
        "wrap": boolean,
    },
)
