"""Which files an export makes: the formats, their compression and options, as they come in JSON
and as they stay in the plan and the waybill."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from typing import Any

from domain.columnar_options import INNER_ZSTD_LEVEL
from domain.columnar_options import ArrowOptions as ArrowOptions
from domain.columnar_options import BodyCompression as BodyCompression
from domain.columnar_options import Decimals as Decimals
from domain.columnar_options import OutOfRange as OutOfRange
from domain.columnar_options import ParquetOptions as ParquetOptions
from domain.columnar_rules import ARROW_RULES, PARQUET_RULES
from domain.fonts import Fonts, fonts_digest, fonts_first_in
from domain.format_options import CsvOptions as CsvOptions
from domain.format_options import Encoding as Encoding
from domain.format_options import Header as Header
from domain.format_options import JsonOptions as JsonOptions
from domain.format_options import LineEnd as LineEnd
from domain.format_options import NdjsonOptions as NdjsonOptions
from domain.format_options import Nulls as Nulls
from domain.format_options import Numbers as Numbers
from domain.format_options import OptionConflict
from domain.format_options import Quote as Quote
from domain.format_options import Unencodable as Unencodable
from domain.format_rules import CSV_RULES, NDJSON_RULES, Rule, choice
from domain.json_reading import FormatInvalid as FormatInvalid
from domain.json_reading import Problem as Problem
from domain.json_reading import Reading
from domain.json_shapes import Listed
from domain.pdf_options import PdfOptions as PdfOptions
from domain.pdf_rules import PDF_RULES
from domain.splits import Split as Split
from domain.splits import read_split
from domain.splits import to_json as split_to_json
from domain.xlsx_options import LongText as LongText
from domain.xlsx_options import XlsxOptions as XlsxOptions
from domain.xlsx_rules import XLSX_RULES

Options = (
    ArrowOptions
    | CsvOptions
    | JsonOptions
    | NdjsonOptions
    | ParquetOptions
    | PdfOptions
    | XlsxOptions
)


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"
    PDF = "pdf"
    XLSX = "xlsx"
    PARQUET = "parquet"
    ARROW = "arrow"


class Compression(StrEnum):
    """GZIP opens everywhere; ZSTD is smaller and several times faster."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


GZIP_LEVEL = 2
ZSTD_LEVEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSpec:
    """One file of an export: what it is, and how it is written. With `split` it is a zip of such
    files."""

    format: Format
    compression: Compression = Compression.NONE
    options: Options
    split: Split | None = None

    def __post_init__(self) -> None:
        if type(self.options) is not _OPTIONS[self.format]:
            raise TypeError(f"{type(self.options).__name__} are not options of {self.format}")
        if self.compression is not Compression.NONE and self.format in _COMPRESSED_INSIDE:
            what = _COMPRESSED_INSIDE[self.format]
            raise OptionConflict("compression", f"{what} is compressed inside; set it to none")
        if self.split is not None:
            _check_split(self.compression, self.options)

    @property
    def is_compressed_inside(self) -> bool:
        """Whether to compress the file once more would gain nothing."""
        match self.options:
            case ArrowOptions(body_compression=BodyCompression.NONE):
                return False
            case _:
                return self.format in _COMPRESSED_INSIDE or self.compression is not Compression.NONE

    @property
    def media_type(self) -> str:
        """The Content-Type of the file; a compressed file is an archive, not an encoding."""
        if self.split is not None:
            return "application/zip"
        match self.compression, self.options:
            case Compression.GZIP, _:
                return "application/gzip"
            case Compression.ZSTD, _:
                return "application/zstd"
            case _, CsvOptions(encoding=encoding, header=header):
                presence = "absent" if header is Header.NONE else "present"
                return f"text/csv; charset={encoding}; header={presence}"
            case _, PdfOptions():
                return "application/pdf"
            case _, JsonOptions():
                return "application/json"
            case _, XlsxOptions():
                return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            case _, ParquetOptions():
                return "application/vnd.apache.parquet"
            case _, ArrowOptions():
                return "application/vnd.apache.arrow.stream"
            case _:
                return "application/x-ndjson"

    @property
    def extension(self) -> str:
        ending = _EXTENSIONS[self.compression] if self.split is None else ".zip"
        return _NAMES.get(self.format, self.format) + ending

    @property
    def codec(self) -> str:
        """That of a process without further fonts."""
        return self.codec_with(())

    def in_order(self, fonts: Fonts) -> Fonts:
        """As a PDF is drawn with them."""
        if isinstance(self.options, PdfOptions) and self.options.language is not None:
            return fonts_first_in(self.options.language, fonts)
        return fonts

    def codec_with(self, fonts: Fonts) -> str:
        """What the bytes depend on besides rows and options: our own writer's version, the
        compressor, the fonts of a PDF with those that a process has further, and the time zone
        rules when times are converted. Two workers whose codecs differ may write different bytes
        for the same rows."""
        parts = [f"{self.format}/{_WRITERS[self.format]}", *_compressor(self.compression)]
        if self.split is not None:
            parts += [f"split/{_SPLIT_WRITER}", _deflate()]
        if self.format is Format.PDF:
            parts += _pdf_makers(self.in_order(fonts))
        if self.format is Format.XLSX:
            parts += _xlsx_makers()
        if isinstance(self.options, ParquetOptions | ArrowOptions):
            parts += _columnar_makers(self.options)
        if self.options.zone != "UTC":
            parts.append(f"tz/{_CLOCKS}:{_installed('tzdata')}")
        return "+".join(dict.fromkeys(parts))


def default_format(name: Format) -> FormatSpec:
    """The format with no choices made."""
    return FormatSpec(format=name, options=_OPTIONS[name]())


def parse_format(json: object, at: str = "") -> FormatSpec:
    """Reads a format from JSON; `at` is the JSON pointer where it stands in the whole document.

    Raises `FormatInvalid` with every problem found."""
    reading = Reading()
    members = reading.members(json, at, ("format", "compression", "options", "split"))
    if members is not None and "format" not in members:
        reading.problem(f"{at}/format", f"is missing; use one of {', '.join(Format)}")
    given = reading.values(members or {}, at, _SPEC_RULES)
    if "format" not in given:
        raise reading.failure()
    options = _options(
        reading, (members or {}).get("options", {}), f"{at}/options", given["format"]
    )
    split = None
    if "split" in (members or {}):
        split = read_split(reading, (members or {})["split"], f"{at}/split")
    if reading.problems or options is None:
        raise reading.failure()
    try:
        return FormatSpec(**given, options=options, split=split)
    except OptionConflict as conflict:
        reading.problem(f"{at}/{conflict.option}", conflict.problem)
        raise reading.failure() from conflict


def to_json(spec: FormatSpec) -> dict[str, Any]:
    """The canonical JSON: every option is said, so that later defaults change nothing. A file that
    is not split doesn't say so, as it didn't before files could be."""
    split = {} if spec.split is None else {"split": split_to_json(spec.split)}
    return {
        "format": spec.format.value,
        "compression": spec.compression.value,
        "options": {
            name.name: _plain(getattr(spec.options, name.name)) for name in fields(spec.options)
        },
        **split,
    }


_OPTIONS: dict[Format, type[Options]] = {
    Format.CSV: CsvOptions,
    Format.NDJSON: NdjsonOptions,
    Format.JSON: JsonOptions,
    Format.PDF: PdfOptions,
    Format.XLSX: XlsxOptions,
    Format.PARQUET: ParquetOptions,
    Format.ARROW: ArrowOptions,
}
_OPTION_RULES = {
    Format.CSV: CSV_RULES,
    Format.NDJSON: NDJSON_RULES,
    Format.JSON: NDJSON_RULES,
    Format.PDF: PDF_RULES,
    Format.XLSX: XLSX_RULES,
    Format.PARQUET: PARQUET_RULES,
    Format.ARROW: ARROW_RULES,
}
_SPEC_RULES: dict[str, Rule] = {"format": choice(Format), "compression": choice(Compression)}
_NAMES = {Format.ARROW: "arrows"}  # of a stream; "arrow" is a file that can be read anywhere in it
_EXTENSIONS = {Compression.NONE: "", Compression.GZIP: ".gz", Compression.ZSTD: ".zst"}
_COMPRESSED_INSIDE = {
    Format.PDF: "a PDF",
    Format.XLSX: "a workbook",
    Format.PARQUET: "Parquet",
    Format.ARROW: "an Arrow stream",
}
_WRITERS = {
    Format.CSV: 1,
    Format.NDJSON: 2,
    Format.JSON: 2,
    Format.PDF: 3,
    Format.XLSX: 4,
    Format.PARQUET: 1,
    Format.ARROW: 1,
}
"""Raise a number when the same rows and options begin to give other bytes."""
_SPLIT_WRITER = 1
"""The same for the zip around the files that a split makes, their names and its index."""
_CLOCKS = 2
"""The same for what times are in a zone, whatever the format."""
PDF_FONTS = "noto-276016260e8e"
"""The fonts that PDFs are drawn with: the start of a SHA-256 over the SHA-256 of each."""
FURTHER_FONTS = "further-fonts"
"""What a codec calls those that an operator has added."""


def _check_split(compression: Compression, options: Options) -> None:
    if isinstance(options, XlsxOptions) and options.workbook is not None:
        raise OptionConflict(
            "split", "rows go into one workbook, which is uploaded; leave out one of the two"
        )
    if compression is not Compression.NONE:
        raise OptionConflict(
            "compression", "a split file is a zip, which compresses inside; set it to none"
        )


def _options(reading: Reading, json: object, at: str, name: Format) -> Options | None:
    rules = _OPTION_RULES[name]
    members = reading.members(json, at, tuple(rules))
    given = reading.values(members or {}, at, rules)
    if reading.problems:
        return None
    try:
        return _OPTIONS[name](**given)
    except OptionConflict as conflict:
        reading.problem(f"{at}/{conflict.option}", conflict.problem)
        return None


def _plain(value: object) -> object:
    match value:
        case StrEnum():
            return value.value
        case Listed():
            return [_plain(each) for each in value]
        case tuple():  # values by field name
            return {name: _plain(each) for name, each in value}
        case _ if is_dataclass(value):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            return value


def _pdf_makers(fonts: Fonts) -> list[str]:
    """What a PDF is made with, besides our own writer."""
    further = [f"{FURTHER_FONTS}:{fonts_digest(fonts)}"] if fonts else []
    return [
        f"reportlab-{_installed('reportlab')}",
        f"harfbuzz:uharfbuzz-{_installed('uharfbuzz')}",
        _deflate(),
        f"fonts:{PDF_FONTS}",
        *further,
    ]


def _xlsx_makers() -> list[str]:
    """What makes a workbook, besides our own writer of rows."""
    return [
        _deflate(),
        f"openpyxl-{_installed('openpyxl')}",
        f"lxml-{_installed('lxml')}",
    ]


def _deflate() -> str:
    return f"deflate:zlib-ng-{_installed('zlib-ng')}-{GZIP_LEVEL}"


def _columnar_makers(options: ParquetOptions | ArrowOptions) -> list[str]:
    """pyarrow decides on pages and encodings, and brings the compressor along."""
    arrow = f"pyarrow-{_installed('pyarrow')}"
    plain = isinstance(options, ArrowOptions) and options.body_compression is BodyCompression.NONE
    return [arrow] if plain else [arrow, f"zstd-{INNER_ZSTD_LEVEL}"]


def _compressor(compression: Compression) -> list[str]:
    match compression:
        case Compression.NONE:
            return []
        case Compression.GZIP:
            return [f"gzip:zlib-ng-{_installed('zlib-ng')}-{GZIP_LEVEL}"]
        case Compression.ZSTD:
            return [f"zstd:zstandard-{_installed('zstandard')}-{ZSTD_LEVEL}"]


@cache
def _installed(distribution: str) -> str:
    return version(distribution)
