"""What can be chosen about an Excel workbook: its sheets, and how each kind of value is shown. What
a cell holds never depends on how it is shown."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from domain.format_options import Header, OptionConflict
from domain.json_shapes import EMPTY, Listed
from domain.xlsx_conditions import Condition
from domain.xlsx_styles import ColumnStyle
from domain.xlsx_summaries import Summary


class LongText(StrEnum):
    """What becomes of a text longer than a cell can hold. CUT ends what is left of it by a mark."""

    REJECT = "reject"
    CUT = "cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaColumn:
    """A column behind the fields, worked out from those of its row; without a `label` it is headed
    by its name."""

    name: str
    formula: str
    label: str | None = None
    number_format: str = "General"


@dataclass(frozen=True, slots=True, kw_only=True)
class XlsxOptions:
    """`…_format` are Excel's number format codes, by type and, in `field_formats`, by field name.
    `sheet_name` None is the dataset's label. `table_style` None leaves out the table. `zone` is
    the one whose clocks instants show, as Excel knows no zones. `cover` is a first sheet that says
    what the file is, with the `logo` above, an image in base64; `summary` is one before the data
    that says what they come to. `links` are the fields whose addresses are links.
    `relation_sheets` are the nested fields whose rows get a sheet of their own, each with the
    fields that stand before every one of them. `workbook` is an .xlsx in base64 that rows are put
    into, instead of one that is made here."""

    header: Header = Header.LABELS
    sheet_name: str | None = None
    table_style: str | None = "TableStyleMedium2"
    header_colour: str = "#1f3864"
    autofilter: bool = True
    freeze_header: bool = True
    freeze_columns: int = 0
    cover: bool = False
    logo: str | None = None
    auto_widths: bool = True
    integer_format: str = "0"
    decimal_format: str = "General"
    float_format: str = "General"
    date_format: str = "yyyy-mm-dd"
    time_format: str = "hh:mm:ss"
    timestamp_format: str = "yyyy-mm-dd hh:mm:ss"
    instant_format: str = "yyyy-mm-dd hh:mm:ss"
    field_formats: tuple[tuple[str, str], ...] = ()
    field_styles: tuple[tuple[str, ColumnStyle], ...] = ()
    summary: Summary | None = None
    links: Listed[str] = EMPTY
    formulas: Listed[FormulaColumn] = EMPTY
    conditional_formats: tuple[tuple[str, Listed[Condition]], ...] = ()
    relation_sheets: tuple[tuple[str, Listed[str]], ...] = ()
    zone: str = "UTC"
    null_text: str = ""
    on_long_text: LongText = LongText.REJECT
    workbook: str | None = None

    def __post_init__(self) -> None:
        """Raises `OptionConflict` for two formulas of one name, and where something is asked of a
        header or cover that isn't there, or of the look of a workbook that has one."""
        if self.workbook is not None:
            self._check_look()
        names = [each.name for each in self.formulas]
        if len(set(names)) < len(names):
            raise OptionConflict("formulas", "two have the same name; rename one")
        if self.logo is not None and not self.cover:
            raise OptionConflict("logo", "it stands on the cover; set cover to true")
        if self.header is not Header.NONE:
            return
        for option, value in (
            ("table_style", self.table_style is not None),
            ("autofilter", self.autofilter),
            ("freeze_header", self.freeze_header),
        ):
            if value:
                wanted = "null" if option == "table_style" else "false"
                raise OptionConflict(option, f"it needs a header; set it to {wanted}")

    def _check_look(self) -> None:
        for each in fields(self):
            if each.name not in _OF_VALUES and getattr(self, each.name) != each.default:
                raise OptionConflict(
                    each.name, "the workbook has a look of its own; leave out one of the two"
                )


_OF_VALUES: Final = {
    *("integer_format", "decimal_format", "float_format", "date_format", "time_format"),
    *("timestamp_format", "instant_format", "field_formats"),
    *("zone", "null_text", "on_long_text", "workbook"),
}
"""Options that say how values are written, whatever workbook they are in."""
