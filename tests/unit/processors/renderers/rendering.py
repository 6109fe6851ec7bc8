"""A small way to say what becomes of a few values."""

from __future__ import annotations

from domain.datasets import FieldType
from domain.formats import (
    Compression,
    CsvOptions,
    Format,
    FormatSpec,
    NdjsonOptions,
    Options,
    Quote,
)
from domain.ports import Fragment
from processors.renderers import Column, Part, RenderPlan, TextFrame, prepare
from processors.renderers.csv_frame import CsvFrame
from processors.renderers.ndjson_frame import NdjsonFrame


def frame(
    options: Options, *types: FieldType, compression: Compression = Compression.NONE
) -> TextFrame:
    """Of columns `a`, `b`, … labelled `A`, `B`, …"""
    kind = Format.CSV if isinstance(options, CsvOptions) else Format.NDJSON
    columns = tuple(
        Column(name=chr(ord("a") + number), label=chr(ord("A") + number), type=type_)
        for number, type_ in enumerate(types)
    )
    spec = FormatSpec(format=kind, compression=compression, options=options)
    return text_frame(RenderPlan(spec=spec, columns=columns))


def text_frame(plan: RenderPlan) -> TextFrame:
    prepared = prepare(plan)
    assert isinstance(prepared, CsvFrame | NdjsonFrame)
    return prepared


def part(options: Options, types: tuple[FieldType, ...], *lines: bytes) -> Part:
    """Of COPY text given line by line."""
    data = b"".join(line + b"\n" for line in lines)
    return frame(options, *types).render(Fragment(rows=len(lines), data=data))


def csv_cells(type_: FieldType, *cells: bytes, **options: object) -> list[str]:
    """What stands in a CSV file for cells of one type, beside a column that marks the lines."""
    chosen = CsvOptions(**options)  # type: ignore[arg-type]  # by name
    written = part(chosen, (FieldType.TEXT, type_), *(b"#\t" + cell for cell in cells))
    assert not written.rejected
    mark = '\r\n"#"' if chosen.quote is Quote.ALL else "\r\n#"
    text = "\r\n" + written.data.decode(chosen.encoding).removesuffix("\r\n")
    return text.split(mark + chosen.delimiter)[1:]


def json_cells(type_: FieldType, *cells: bytes, **options: object) -> list[str]:
    """What stands in an NDJSON file for cells of one type."""
    written = part(NdjsonOptions(**options), (type_,), *cells)  # type: ignore[arg-type]  # by name
    assert not written.rejected
    return [line[len('{"a":') : -1] for line in written.data.decode().split("\n")[:-1]]
