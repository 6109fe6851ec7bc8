"""What can be chosen about a file of each format. The defaults lose nothing: what the source said
is what the file says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from domain.date_patterns import date_pattern, instant_pattern, literals, timestamp_pattern


class Encoding(StrEnum):
    """Charsets by their registered (IANA) names; each is stateless, so parts can be joined."""

    UTF_8 = "utf-8"
    UTF_16LE = "utf-16le"
    US_ASCII = "us-ascii"
    WINDOWS_1250 = "windows-1250"
    WINDOWS_1251 = "windows-1251"
    WINDOWS_1252 = "windows-1252"
    WINDOWS_1253 = "windows-1253"
    WINDOWS_1254 = "windows-1254"
    ISO_8859_1 = "iso-8859-1"
    ISO_8859_2 = "iso-8859-2"
    ISO_8859_5 = "iso-8859-5"
    ISO_8859_7 = "iso-8859-7"
    ISO_8859_9 = "iso-8859-9"
    ISO_8859_15 = "iso-8859-15"
    SHIFT_JIS = "shift_jis"
    GB18030 = "gb18030"


class LineEnd(StrEnum):
    CRLF = "crlf"
    LF = "lf"


class Quote(StrEnum):
    """MINIMAL quotes what needs it (RFC 4180); ALL quotes every value but null."""

    MINIMAL = "minimal"
    ALL = "all"


class Header(StrEnum):
    LABELS = "labels"
    NAMES = "names"
    NONE = "none"


class Unencodable(StrEnum):
    """What becomes of a row with a character that the encoding lacks. REPLACE writes `?`."""

    REJECT = "reject"
    REPLACE = "replace"


class Nulls(StrEnum):
    KEEP = "keep"
    OMIT = "omit"


class Numbers(StrEnum):
    NUMBERS = "numbers"
    STRINGS = "strings"


_Value = TypeVar("_Value")


class OptionConflict(Exception):
    """Two options contradict each other. Change one of them."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(problem)
        self.option = option
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """A date, timestamp or instant without a pattern is written as PostgreSQL writes it; an
    instant then has its offset (`2013-01-01 05:00:00+00`). `decimal_places` rounds half away
    from zero; None leaves the digits alone."""

    delimiter: str = ","
    bom: bool = False
    encoding: Encoding = Encoding.UTF_8
    line_end: LineEnd = LineEnd.CRLF
    null_text: str = ""
    quote: Quote = Quote.MINIMAL
    header: Header = Header.LABELS
    date_format: str | None = None
    timestamp_format: str | None = None
    instant_format: str | None = None
    zone: str = "UTC"
    decimal_separator: str = "."
    thousands_separator: str = ""
    decimal_places: int | None = None
    true_text: str = "true"
    false_text: str = "false"
    formula_guard: bool = True
    on_unencodable: Unencodable = Unencodable.REJECT

    def __post_init__(self) -> None:
        """Raises `OptionConflict` for choices that give a file nobody could read back."""
        _check_separators(self)
        _check_texts(self)
        _check_patterns(self)
        _check_encoding(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class NdjsonOptions:
    """`big_integers` are those beyond 2^53, which JavaScript would round."""

    nulls: Nulls = Nulls.KEEP
    big_integers: Numbers = Numbers.NUMBERS
    decimals: Numbers = Numbers.NUMBERS
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOptions(NdjsonOptions):
    """The objects of an array have the same choices as those on lines."""


_WITH_BOM = {Encoding.UTF_8, Encoding.UTF_16LE}


def _check_separators(options: CsvOptions) -> None:
    for option in ("decimal_separator", "thousands_separator"):
        if getattr(options, option) == options.delimiter:
            raise OptionConflict(
                option,
                f"{options.delimiter!r} is the delimiter already; choose another of the two",
            )
    if options.decimal_separator == options.thousands_separator:
        raise OptionConflict(
            "thousands_separator", "it equals decimal_separator; choose another of the two"
        )


def _check_texts(options: CsvOptions) -> None:
    if any(character in options.null_text for character in (options.delimiter, '"', "\r", "\n")):
        raise OptionConflict(
            "null_text",
            "null is never quoted, so its text can't hold the delimiter, a quote or a line break",
        )
    if options.true_text == options.false_text:
        raise OptionConflict("false_text", "it equals true_text; choose another of the two")
    for option in ("true_text", "false_text"):
        if getattr(options, option) == options.null_text:
            raise OptionConflict(option, "it equals null_text; choose another of the two")


def _check_patterns(options: CsvOptions) -> None:
    for option, read in (
        ("date_format", date_pattern),
        ("timestamp_format", timestamp_pattern),
        ("instant_format", instant_pattern),
    ):
        pattern = getattr(options, option)
        if pattern is None:
            continue
        if any(character in literals(read(pattern)) for character in (options.delimiter, '"')):
            raise OptionConflict(option, "it holds the delimiter or a quote; choose another")


def _check_encoding(options: CsvOptions) -> None:
    if options.bom and options.encoding not in _WITH_BOM:
        raise OptionConflict("bom", f"{options.encoding} has no byte order mark; set bom to false")
    for option in ("null_text", "true_text", "false_text", "thousands_separator"):
        try:
            getattr(options, option).encode(options.encoding)
        except UnicodeEncodeError as lacking:
            character = lacking.object[lacking.start]
            raise OptionConflict(
                option, f"{options.encoding} has no {character!r}; use utf-8 or another text"
            ) from lacking
