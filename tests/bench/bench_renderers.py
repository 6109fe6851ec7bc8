"""How fast one core renders, by the options of a format.

The rows are the twelve columns of an orders table, as COPY text made here. Each figure is the best
of a few runs over one fragment, in processor time as other work may share the machine, beside a
limit measured in the same run: the one `bytes.replace` that would turn COPY text to CSV if there
were nothing else to do."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from domain.datasets import FieldType
from domain.formats import (
    ArrowOptions,
    BodyCompression,
    Compression,
    CsvOptions,
    Decimals,
    Encoding,
    Format,
    FormatSpec,
    JsonOptions,
    NdjsonOptions,
    Nulls,
    Options,
    ParquetOptions,
    PdfOptions,
    Quote,
    Unencodable,
    XlsxOptions,
)
from domain.pdf_options import Overflow
from domain.ports import Fragment
from domain.rows import FRAGMENT_ROWS
from processors.renderers import Column, RenderPlan, prepare
from tests.bench.rivals.pdf_tables import page_sized_tables
from tests.bench.tables import Report, Table
from tests.joined import joined
from tests.kernels import By, rendering

_COLUMNS = {
    "id": FieldType.INTEGER,
    "uid": FieldType.UUID,
    "customer_name": FieldType.TEXT,
    "email": FieldType.TEXT,
    "amount": FieldType.DECIMAL,
    "paid": FieldType.BOOLEAN,
    "order_date": FieldType.DATE,
    "created_at": FieldType.INSTANT,
    "status": FieldType.TEXT,
    "zip": FieldType.TEXT,
    "meta": FieldType.JSON,
    "note": FieldType.TEXT,
}
_NAMES = (
    *("José García", "Zoë Müller", "李小龍", "Анна Иванова", "O'Brien & Sons", "محمد علي"),
    *("Nguyễn Văn An", "Smith, John", 'Renée "Ren" Dubois', "Łukasz Żółć", "山田 太郎"),
    *("Emma Brown", "Ægir Þórsson", "Jane <Doe>", "Σωκράτης Παπάς", "Priya नायर"),
)
_DOMAINS = ("example.com", "mail.example.org", "corp.example.net", "exämple.de")
_STATUSES = ("new", "paid", "packed", "shipped", "delivered", "returned", "cancelled")
_START = datetime(2019, 1, 1, tzinfo=UTC)
_RUNS = 7

_EUROPEAN = CsvOptions(
    delimiter=";",
    decimal_separator=",",
    thousands_separator=".",
    date_format="DD/MM/YYYY",
    instant_format="DD/MM/YYYY HH:mm:ss",
    zone="Europe/Madrid",
)
_VARIANTS: dict[str, tuple[Options, Compression]] = {
    "csv": (CsvOptions(), Compression.NONE),
    "csv, gzip": (CsvOptions(), Compression.GZIP),
    "csv, zstd": (CsvOptions(), Compression.ZSTD),
    "csv, no formula guard": (CsvOptions(formula_guard=False), Compression.NONE),
    "csv, all quoted": (CsvOptions(quote=Quote.ALL), Compression.NONE),
    "csv, null text": (CsvOptions(null_text="NULL"), Compression.NONE),
    "csv, Europe/Madrid": (CsvOptions(zone="Europe/Madrid"), Compression.NONE),
    "csv, Asia/Kolkata": (CsvOptions(zone="Asia/Kolkata"), Compression.NONE),
    "csv, one decimal place": (CsvOptions(decimal_places=1), Compression.NONE),
    "csv, European": (_EUROPEAN, Compression.NONE),
    "csv, utf-16le": (CsvOptions(encoding=Encoding.UTF_16LE), Compression.NONE),
    "csv, windows-1252, replaced": (
        CsvOptions(encoding=Encoding.WINDOWS_1252, on_unencodable=Unencodable.REPLACE),
        Compression.NONE,
    ),
    "csv, windows-1252, half the rows rejected": (
        CsvOptions(encoding=Encoding.WINDOWS_1252),
        Compression.NONE,
    ),
    "ndjson": (NdjsonOptions(), Compression.NONE),
    "ndjson, gzip": (NdjsonOptions(), Compression.GZIP),
    "ndjson, zstd": (NdjsonOptions(), Compression.ZSTD),
    "ndjson, nulls omitted": (NdjsonOptions(nulls=Nulls.OMIT), Compression.NONE),
    "ndjson, Europe/Madrid": (NdjsonOptions(zone="Europe/Madrid"), Compression.NONE),
    "pdf, wrapped": (PdfOptions(on_missing_glyph=Unencodable.REPLACE), Compression.NONE),
    "pdf, cut": (
        PdfOptions(on_missing_glyph=Unencodable.REPLACE, overflow=Overflow.CUT),
        Compression.NONE,
    ),
    "xlsx": (XlsxOptions(), Compression.NONE),
    "xlsx, Europe/Madrid": (XlsxOptions(zone="Europe/Madrid"), Compression.NONE),
    "xlsx, null text": (XlsxOptions(null_text="NULL"), Compression.NONE),
    "json": (JsonOptions(), Compression.NONE),
    "json, gzip": (JsonOptions(), Compression.GZIP),
    "parquet": (ParquetOptions(), Compression.NONE),
    "parquet, decimals": (ParquetOptions(decimals=Decimals.DECIMALS), Compression.NONE),
    "arrow": (ArrowOptions(), Compression.NONE),
    "arrow, uncompressed": (
        ArrowOptions(body_compression=BodyCompression.NONE),
        Compression.NONE,
    ),
}
_FORMATS = {
    CsvOptions: Format.CSV,
    NdjsonOptions: Format.NDJSON,
    JsonOptions: Format.JSON,
    PdfOptions: Format.PDF,
    XlsxOptions: Format.XLSX,
    ParquetOptions: Format.PARQUET,
    ArrowOptions: Format.ARROW,
}


def test_bench(report: Report) -> None:
    rows = Fragment(rows=FRAGMENT_ROWS, data="".join(_orders(FRAGMENT_ROWS)).encode())
    limit = _best(lambda: rows.data.replace(b"\t", b","))
    table = Table(
        title=f"One core renders {rows.rows:,} rows of {len(rows.data) / rows.rows:.0f} bytes",
        headings=("format", "rows/s", "MB/s in", "bytes/row", "× limit", "rows/s, Python alone"),
        rows=[
            (*_row("limit: one bytes.replace", rows, limit, limit, len(rows.data)), ""),
            *(
                _measured(name, options, compression, rows, limit)
                for name, (options, compression) in _VARIANTS.items()
            ),
        ],
    )
    report.tell("renderers", table)


def test_whole_pdfs(report: Report) -> None:
    """With ReportLab on ASCII only, as its standard fonts have little more."""
    fragment = Fragment(rows=FRAGMENT_ROWS, data="".join(_orders(FRAGMENT_ROWS)).encode())
    ascii_only = Fragment(rows=FRAGMENT_ROWS, data=fragment.data.decode().encode("ascii", "ignore"))
    cells = [line.split("\t") for line in ascii_only.data.decode().splitlines()]
    rival = _timed(lambda: page_sized_tables(list(_COLUMNS), cells))
    timed = {
        "ReportLab, page-sized tables, ASCII, cut": rival,
        "ASCII, cut": _best(lambda: _pdf(ascii_only, Overflow.CUT)),
        "mixed scripts, cut": _best(lambda: _pdf(fragment, Overflow.CUT)),
        "mixed scripts, wrapped": _best(lambda: _pdf(fragment, Overflow.WRAP)),
    }
    table = Table(
        title=f"One core makes a PDF of {FRAGMENT_ROWS:,} rows",
        headings=("way", "rows/s", "× as fast"),
        rows=[
            (name, f"{FRAGMENT_ROWS / seconds:,.0f}", f"{rival / seconds:.1f}")
            for name, seconds in timed.items()
        ],
    )
    report.tell("pdf", table)


def _pdf(rows: Fragment, overflow: Overflow) -> bytes:
    options = PdfOptions(on_missing_glyph=Unencodable.REPLACE, overflow=overflow)
    columns = tuple(Column(name=key, label=key, type=type_) for key, type_ in _COLUMNS.items())
    spec = FormatSpec(format=Format.PDF, options=options)
    frame = prepare(RenderPlan(spec=spec, columns=columns))
    return joined(frame, [frame.render(rows)])


def _measured(
    name: str, options: Options, compression: Compression, rows: Fragment, limit: float
) -> tuple[str, ...]:
    """What the kernel doesn't write is written by Python alone in any case."""
    kind = _FORMATS[type(options)]
    spec = FormatSpec(format=kind, compression=compression, options=options)
    columns = tuple(Column(name=key, label=key, type=type_) for key, type_ in _COLUMNS.items())
    plan = RenderPlan(spec=spec, columns=columns)
    with rendering(By.PYTHON):
        alone = prepare(plan)
    with rendering(By.KERNEL):
        frame = prepare(plan)
    size = len(frame.render(rows).data)
    row = _row(name, rows, _best(lambda: frame.render(rows)), limit, size)
    return (*row, f"{rows.rows / _best(lambda: alone.render(rows)):,.0f}")


def _best(work: Callable[[], object]) -> float:
    return min(_timed(work) for _ in range(_RUNS))


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _row(name: str, rows: Fragment, seconds: float, limit: float, size: int) -> tuple[str, ...]:
    return (
        name,
        f"{rows.rows / seconds:,.0f}",
        f"{len(rows.data) / seconds / 1e6:,.0f}",
        f"{size / rows.rows:.0f}",
        f"{seconds / limit:.1f}",
    )


def _orders(count: int) -> Iterator[str]:
    chance = Random(1)
    for number in range(1, count + 1):
        moment = _START + timedelta(
            days=chance.randrange(2048), microseconds=chance.randrange(1 << 24) * 5000
        )
        cells = (
            str(number),
            str(UUID(bytes=hashlib.md5(b"%d" % number).digest())),
            f"{chance.choice(_NAMES)} {number % 9973}",
            f"user{chance.randrange(1 << 20)}@{chance.choice(_DOMAINS)}",
            f"{chance.randrange(10_000_000) / 100 - 1000:.2f}",
            chance.choice("tf"),
            f"{moment:%Y-%m-%d}",
            f"{moment:%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip(".") + "+00",
            chance.choice(_STATUSES),
            f"{chance.randrange(100_000):05}",
            _meta(number, chance),
            _note(number, chance),
        )
        yield "\t".join(cells) + "\n"


def _meta(number: int, chance: Random) -> str:
    source = chance.choice(("web", "app", "pos", "api"))
    return (
        f'{{"src": "{source}", "tags": ["t{number % 17}", "t{number % 23}"], '
        f'"items": {chance.randrange(1, 9)}, "score": {chance.random():.4f}}}'
    )


def _note(number: int, chance: Random) -> str:
    if number % 3 == 0:
        return r"\N"
    if number % 10 == 0:
        return rf'Line one\nline "two", with comma & <tag> {number}'
    if number % 51 == 0:
        return '=HYPERLINK("http://evil.example","x")'
    return f"Deliver to back door, ring twice; ref {chance.randrange(1 << 16)}"
