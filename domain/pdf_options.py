"""What can be chosen about a PDF: the page, the columns on it, and how values are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.format_options import CsvOptions, Header, OptionConflict, Unencodable
from domain.json_shapes import EMPTY, Listed


class Page(StrEnum):
    A3 = "a3"
    A4 = "a4"
    A5 = "a5"
    LETTER = "letter"
    LEGAL = "legal"
    TABLOID = "tabloid"


class Orientation(StrEnum):
    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"


class Widths(StrEnum):
    """AUTO goes by the fields' types and headers, never by the rows, as pages are filled before all
    rows are known."""

    AUTO = "auto"
    EQUAL = "equal"


class Overflow(StrEnum):
    """What becomes of a value that is wider than its column. CUT leaves an ellipsis."""

    WRAP = "wrap"
    CUT = "cut"


class Alignment(StrEnum):
    """AUTO puts numbers to the right, and texts where their script begins."""

    AUTO = "auto"
    LEFT = "left"
    RIGHT = "right"


class Total(StrEnum):
    """What is said of a field's values together; COUNT is of those that are not null."""

    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    COUNT = "count"


class Chart(StrEnum):
    """BAR shows the largest groups, PIE the shares of the largest and of all others, LINE all."""

    BAR = "bar"
    PIE = "pie"
    LINE = "line"


_SIZES: Final = {
    Page.A3: (842, 1191),
    Page.A4: (595, 842),
    Page.A5: (420, 595),
    Page.LETTER: (612, 792),
    Page.LEGAL: (612, 1008),
    Page.TABLOID: (792, 1224),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfOptions:
    """Lengths are in points (1/72 inch). `column_widths` are shares of the page by field name, in
    place of what `widths` says; others have 10. `alignments` are by field name too. `title` None
    is the dataset's label. `cover` is a first page that says what the file is. `logo` is an
    image in base64. `group_by` are the
    fields whose values stand above their rows instead of in them, the outermost first; `totals` are
    by field name, below each group and at the end. `charts` are of the
    first total of a field over the outermost groups. Addresses in the fields of `links` can be
    clicked. `language` is a language tag (BCP 47): its shapes of characters that languages share
    are taken, as far as the operator has named fonts of it."""

    page: Page = Page.A4
    orientation: Orientation = Orientation.LANDSCAPE
    margin: int = 36
    cover: bool = True
    title: str | None = None
    header: Header = Header.LABELS
    font_size: int = 7
    widths: Widths = Widths.AUTO
    column_widths: tuple[tuple[str, int], ...] = ()
    alignments: tuple[tuple[str, Alignment], ...] = ()
    overflow: Overflow = Overflow.WRAP
    colour: str = "#1f4e79"
    logo: str | None = None
    stripes: bool = False
    group_by: Listed[str] = EMPTY
    totals: tuple[tuple[str, Listed[Total]], ...] = ()
    charts: tuple[tuple[str, Listed[Chart]], ...] = ()
    links: Listed[str] = EMPTY
    null_text: str = ""
    date_format: str | None = None
    timestamp_format: str | None = None
    instant_format: str | None = None
    zone: str = "UTC"
    decimal_separator: str = "."
    thousands_separator: str = ""
    decimal_places: int | None = None
    true_text: str = "true"
    false_text: str = "false"
    on_missing_glyph: Unencodable = Unencodable.REJECT
    language: str | None = None

    def __post_init__(self) -> None:
        """Raises `OptionConflict` for choices that would make values look alike, or that are about
        a column which isn't there."""
        self.values()
        _check_grouped(self)
        _check_charts(self)

    @property
    def page_size(self) -> tuple[int, int]:
        """Width and height of the page."""
        width, height = _SIZES[self.page]
        return (height, width) if self.orientation is Orientation.LANDSCAPE else (width, height)

    def values(self) -> CsvOptions:
        """How values other than texts are written: as in CSV, where nothing needs quotes."""
        return CsvOptions(
            delimiter="\0",
            null_text=self.null_text,
            date_format=self.date_format,
            timestamp_format=self.timestamp_format,
            instant_format=self.instant_format,
            zone=self.zone,
            decimal_separator=self.decimal_separator,
            thousands_separator=self.thousands_separator,
            decimal_places=self.decimal_places,
            true_text=self.true_text,
            false_text=self.false_text,
        )


def _check_grouped(options: PdfOptions) -> None:
    about: dict[str, Iterable[str]] = {
        "column_widths": dict(options.column_widths),
        "alignments": dict(options.alignments),
        "totals": dict(options.totals),
        "links": options.links,
    }
    for option, names in about.items():
        for name in set(names) & set(options.group_by):
            raise OptionConflict(
                option, f"{name} has no column as group_by names it; leave it out here"
            )


def _check_charts(options: PdfOptions) -> None:
    totals = dict(options.totals)
    for name, charts in options.charts:
        if not options.group_by:
            raise OptionConflict("charts", "they are of groups; say group_by, or leave charts out")
        if name not in totals:
            raise OptionConflict("charts", f"{name} has no totals to show; name it there too")
        if Chart.PIE in charts and totals[name][0] not in _WITH_SHARES:
            raise OptionConflict(
                "charts", f"a pie shows sums or counts; name one first in the totals of {name}"
            )


_WITH_SHARES: Final = (Total.SUM, Total.COUNT)
