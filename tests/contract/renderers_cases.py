"""Every renderer with every compression, each with a reader that is not ours, and with what the
reader should find for a value of the source. A new format is added here and passes the suite."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import zstandard

from domain.datasets import FieldType
from domain.fonts import Fonts
from domain.formats import (
    ArrowOptions,
    BodyCompression,
    Compression,
    CsvOptions,
    Decimals,
    Encoding,
    Format,
    FormatSpec,
    Header,
    JsonOptions,
    LineEnd,
    NdjsonOptions,
    Nulls,
    Numbers,
    Options,
    OutOfRange,
    ParquetOptions,
    Quote,
    XlsxOptions,
)
from domain.pdf_options import PdfOptions
from domain.splits import Split
from domain.splits import to_json as split_to_json
from processors.renderers import Frame, RenderPlan, prepare
from tests.contract.pdf_cases import (
    ADDED_FONTS,
    PDF_ADDED_OPTIONS,
    PDF_OPTIONS,
    pdf_expects,
    pdf_reader,
)
from tests.contract.renderers_columnar import columnar_expects, columnar_reader
from tests.contract.renderers_rows import COLUMNS, Value
from tests.contract.renderers_xlsx import (
    CHOICES,
    LONGEST_CELL,
    READERS,
    UPLOADED,
    expects,
    reader,
    uploaded_reader,
)
from tests.split_zips import entries

Table = list[list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`read` takes the whole file, uncompressed; `expect` says what it should find. `nul` tells
    whether the format has a way to write the character NUL, `longest` how many UTF-16 units a text
    may have."""

    name: str
    spec: FormatSpec
    read: Callable[[bytes], Table]
    expect: Callable[[FieldType, Value], Any]
    nul: bool
    longest: int | None = None
    fonts: Fonts = ()

    def frame(self) -> Frame:
        """A frame of its own, as another process would have."""
        options = self.spec.options
        order = options.group_by if isinstance(options, PdfOptions) else ()
        return prepare.__wrapped__(
            RenderPlan(spec=self.spec, columns=COLUMNS, order=order, fonts=self.fonts)
        )

    @property
    def codec(self) -> str:
        return self.spec.codec_with(self.fonts)

    def table(self, file: bytes) -> Table:
        return self.read(decompressed(self.spec.compression, file))


def decompressed(compression: Compression, file: bytes) -> bytes:
    match compression:
        case Compression.NONE:
            return file
        case Compression.GZIP:
            return gzip.decompress(file)
        case Compression.ZSTD:
            source = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            return source.read()


class Number(str):
    """A JSON number by its digits, so that `1.0` is not `1`."""

    __slots__ = ()


def _csv_reader(options: CsvOptions) -> Callable[[bytes], Table]:
    def read(content: bytes) -> Table:
        text = content.decode(options.encoding).removeprefix("\ufeff" if options.bom else "")
        known = list(csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter))
        exact = list(_rfc_4180(text, options))
        assert known == [[quoted or bare or "" for quoted, bare in row] for row in exact]
        table = [[_csv_value(*field, options) for field in row] for row in exact]
        return table if options.header is Header.NONE else _without_header(table, options)

    return read


def _rfc_4180(text: str, options: CsvOptions) -> list[list[tuple[str | None, str | None]]]:
    """The grammar of RFC 4180, which tells a quoted value from a bare one, as readers don't."""
    end = "\r\n" if options.line_end is LineEnd.CRLF else "\n"
    field = re.compile(
        rf'(?:"((?:[^"]|"")*)"|([^"\r\n{re.escape(options.delimiter)}]*))'
        rf"({re.escape(options.delimiter)}|{end})"
    )
    rows: list[list[tuple[str | None, str | None]]] = [[]]
    at = 0
    while at < len(text):
        found = field.match(text, at)
        assert found is not None, text[at : at + 50]
        quoted, bare, stop = found.groups()
        rows[-1].append((quoted.replace('""', '"') if quoted is not None else None, bare))
        if stop == end:
            rows.append([])
        at = found.end()
    assert rows[-1] == []
    return rows[:-1]


def _csv_value(quoted: str | None, bare: str | None, options: CsvOptions) -> str | None:
    return None if bare == options.null_text else quoted if quoted is not None else bare


def _without_header(table: Table, options: CsvOptions) -> Table:
    labels = options.header is Header.LABELS
    assert table[0] == [column.label if labels else column.name for column in COLUMNS]
    return table[1:]


def _csv_expects(options: CsvOptions) -> Callable[[FieldType, Value], Any]:
    words = {"t": options.true_text, "f": options.false_text}

    def expect(type_: FieldType, value: Value) -> Any:
        return words[value] if type_ is FieldType.BOOLEAN and value is not None else value

    return expect


def _read_ndjson(content: bytes) -> Table:
    *lines, rest = content.split(b"\n")
    assert rest == b""
    return _table([_loads(line.decode()) for line in lines])


def _read_json(content: bytes) -> Table:
    return _table(_loads(content.decode()))


def _table(objects: list[dict[str, Any]]) -> Table:
    return [[each.get(column.name) for column in COLUMNS] for each in objects]


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant)


def _no_constant(word: str) -> Any:
    raise AssertionError(f"{word} is not JSON")


def _ndjson_expects(options: NdjsonOptions) -> Callable[[FieldType, Value], Any]:
    def expect(type_: FieldType, value: Value) -> Any:
        if value is None:
            return None
        match type_:
            case FieldType.BOOLEAN:
                return value == "t"
            case FieldType.JSON:
                return _loads(value)
            case FieldType.INTEGER if options.big_integers is Numbers.STRINGS:
                return value if abs(int(value)) > 2**53 else Number(value)
            case FieldType.DECIMAL if options.decimals is Numbers.STRINGS:
                return value
            case FieldType.INTEGER | FieldType.DECIMAL | FieldType.FLOAT:
                return Number(value) if isfinite(float(value)) else value
            case FieldType.TIMESTAMP | FieldType.INSTANT if re.fullmatch(r"\d{4}-[^B]*", value):
                return value.replace(" ", "T").replace("+00", "Z")
            case _:
                return value

    return expect


def csv_case(name: str, options: CsvOptions, compression: Compression) -> Case:
    return Case(
        name=f"csv {name} {compression}",
        spec=_spec(Format.CSV, options, compression),
        read=_csv_reader(options),
        expect=_csv_expects(options),
        nul=False,
    )


def ndjson_case(name: str, options: NdjsonOptions, compression: Compression) -> Case:
    return Case(
        name=f"ndjson {name} {compression}",
        spec=_spec(Format.NDJSON, options, compression),
        read=_read_ndjson,
        expect=_ndjson_expects(options),
        nul=True,
    )


def json_case(name: str, options: JsonOptions, compression: Compression) -> Case:
    return Case(
        name=f"json {name} {compression}",
        spec=_spec(Format.JSON, options, compression),
        read=_read_json,
        expect=_ndjson_expects(options),
        nul=True,
    )


def pdf_case(name: str, options: PdfOptions, fonts: Fonts = ()) -> Case:
    return Case(
        name=f"pdf {name}",
        spec=_spec(Format.PDF, options, Compression.NONE),
        read=pdf_reader(options),
        expect=pdf_expects(options, fonts),
        nul=False,
        fonts=fonts,
    )


def xlsx_case(name: str, options: XlsxOptions, read_by: str) -> Case:
    return Case(
        name=f"xlsx {name} {read_by}",
        spec=_spec(Format.XLSX, options, Compression.NONE),
        read=reader(options, READERS[read_by]),
        expect=expects(options, read_by),
        nul=False,
        longest=LONGEST_CELL,
    )


def uploaded_case(read_by: str) -> Case:
    case = xlsx_case("uploaded", UPLOADED, read_by)
    return replace(case, read=uploaded_reader(READERS[read_by]))


def columnar_case(kind: Format, name: str, options: Options) -> Case:
    assert isinstance(options, ParquetOptions | ArrowOptions)
    return Case(
        name=f"{kind} {name}",
        spec=_spec(kind, options, Compression.NONE),
        read=columnar_reader(kind),
        expect=columnar_expects(options),
        nul=True,
    )


def _split_case(case: Case, split: Split) -> Case:
    """The tables of all its files, one after the other, are the table."""
    [how] = split_to_json(split)

    def read(content: bytes) -> Table:
        found = entries(content)
        names = [each["name"] for each in json.loads(found["index.json"])["entries"]]
        assert [*found] == [*names, "index.json"]
        return [row for name in names for row in case.read(found[name])]

    name = f"{case.name} split by {split.by or how}"
    return replace(case, name=name, spec=replace(case.spec, split=split), read=read)


def _spec(name: Format, options: Options, compression: Compression) -> FormatSpec:
    return FormatSpec(format=name, compression=compression, options=options)


# The guard changes values on purpose, so that it has tests of its own.
_CSV = {
    "unguarded": CsvOptions(formula_guard=False),
    "european": CsvOptions(
        formula_guard=False,
        delimiter=";",
        bom=True,
        encoding=Encoding.UTF_16LE,
        line_end=LineEnd.LF,
        null_text="NULL",
        quote=Quote.ALL,
        header=Header.NAMES,
        true_text="vrai",
        false_text="faux",
    ),
    "spaced": CsvOptions(
        formula_guard=False, delimiter=" ", null_text="true", true_text="1", false_text="0",
        header=Header.NONE,
    ),
}  # fmt: skip
_NDJSON = {
    "plain": NdjsonOptions(),
    "careful": NdjsonOptions(
        nulls=Nulls.OMIT, big_integers=Numbers.STRINGS, decimals=Numbers.STRINGS
    ),
}
_JSON = {
    "plain": JsonOptions(),
    "careful": JsonOptions(
        nulls=Nulls.OMIT, big_integers=Numbers.STRINGS, decimals=Numbers.STRINGS
    ),
}
# Values out of range are null here, so that rows can be compared; rejecting has tests of its own.
_PARQUET = {
    "plain": ParquetOptions(on_out_of_range=OutOfRange.NULL),
    "decimals": ParquetOptions(on_out_of_range=OutOfRange.NULL, decimals=Decimals.DECIMALS),
    "doubles": ParquetOptions(on_out_of_range=OutOfRange.NULL, decimals=Decimals.DOUBLES),
}
_ARROW = {
    "plain": ArrowOptions(on_out_of_range=OutOfRange.NULL),
    "uncompressed decimals": ArrowOptions(
        on_out_of_range=OutOfRange.NULL,
        decimals=Decimals.DECIMALS,
        body_compression=BodyCompression.NONE,
    ),
}
CASES = [
    *(csv_case(name, options, how) for name, options in _CSV.items() for how in Compression),
    *(ndjson_case(name, options, how) for name, options in _NDJSON.items() for how in Compression),
    *(json_case(name, options, how) for name, options in _JSON.items() for how in Compression),
    _split_case(csv_case("european", _CSV["european"], Compression.NONE), Split(by="boolean")),
    _split_case(ndjson_case("plain", _NDJSON["plain"], Compression.NONE), Split(by="text")),
    _split_case(json_case("plain", _JSON["plain"], Compression.NONE), Split(by="integer")),
    _split_case(json_case("careful", _JSON["careful"], Compression.NONE), Split(rows=25)),
    _split_case(csv_case("unguarded", _CSV["unguarded"], Compression.NONE), Split(bytes=3_000)),
    *(pdf_case(name, options) for name, options in PDF_OPTIONS.items()),
    pdf_case("added fonts", PDF_ADDED_OPTIONS, ADDED_FONTS),
    _split_case(pdf_case("decorated", PDF_OPTIONS["decorated"]), Split(rows=25)),
    *(xlsx_case(name, options, by) for (name, by), options in CHOICES.items()),
    *(uploaded_case(read_by) for read_by in READERS),
    # Not by the boolean, which is another in each row: hundreds of workbooks in each test.
    _split_case(xlsx_case("plain", CHOICES["plain", "calamine"], "calamine"), Split(rows=100)),
    _split_case(xlsx_case("dressed", CHOICES["dressed", "openpyxl"], "openpyxl"), Split(rows=25)),
    *(
        columnar_case(kind, name, options)
        for kind, choices in ((Format.PARQUET, _PARQUET), (Format.ARROW, _ARROW))
        for name, options in choices.items()
    ),
    _split_case(columnar_case(Format.PARQUET, "plain", _PARQUET["plain"]), Split(rows=25)),
    _split_case(columnar_case(Format.ARROW, "plain", _ARROW["plain"]), Split(rows=25)),
    _split_case(
        columnar_case(Format.ARROW, "uncompressed", _ARROW["uncompressed decimals"]),
        Split(bytes=3_000),
    ),
]
