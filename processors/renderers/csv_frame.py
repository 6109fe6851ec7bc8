"""CSV by RFC 4180, as the options want it."""

from __future__ import annotations

from collections.abc import Callable

from domain.format_options import CsvOptions, Encoding, Header, LineEnd, Quote, Unencodable
from domain.ports import Fragment
from processors.renderers.compiled import Compiled, compiled
from processors.renderers.compression import compress
from processors.renderers.csv_cells import Dialect, text_writer
from processors.renderers.csv_types import compilable, csv_writer
from processors.renderers.fragments import render
from processors.renderers.frames import Column, Part, PlanUnfit, RenderPlan, TextFrame, Totals
from processors.renderers.values import Cells


class HeaderUnencodable(PlanUnfit):
    """A column's label has a character that the encoding lacks. Use utf-8, set header to names or
    none, or set on_unencodable to replace."""


class CsvFrame(TextFrame):
    """A CSV plan made ready."""

    def __init__(self, plan: RenderPlan, options: CsvOptions) -> None:
        self._compression = plan.spec.compression
        self._rows = CsvRows(plan.columns, options)
        self._head = compress(self._compression, _head(plan.columns, options, self._rows))

    def head(self) -> bytes:
        return self._head

    def render(self, fragment: Fragment) -> Part:
        return render(self._rows, fragment, self._compression)

    def tail(self, totals: Totals) -> bytes:
        return b""


class CsvRows:
    """How CSV writes rows."""

    def __init__(self, columns: tuple[Column, ...], options: CsvOptions) -> None:
        self.fields = tuple(column.name for column in columns)
        self.dialect = _dialect(options, len(columns))
        self._writers = [csv_writer(column.type, options, self.dialect) for column in columns]
        self._delimiter = self.dialect.delimiter
        self._line_end = b"\r\n" if options.line_end is LineEnd.CRLF else b"\n"
        self._encoding = options.encoding
        self._errors = _errors(options)
        self.compiled = compiled(
            [compilable(column.type, options, self.dialect) for column in columns],
            start=b"",
            between=self._delimiter,
            end=self._line_end,
        )
        if self.compiled is not None and self._encoding is not Encoding.UTF_8:
            self.compiled = _Encoded(self.compiled, self.encoded)

    def write(self, flat: list[bytes]) -> bytes:
        columns = [self._column(flat, number) for number in range(len(self._writers))]
        rows = [*map(self._delimiter.join, zip(*columns, strict=True)), b""]
        return self.encoded(self._line_end.join(rows))

    def try_cell(self, column: int, cell: bytes) -> None:
        for written in self._writers[column]([cell]):
            self.encoded(written)

    def line(self, values: list[bytes]) -> bytes:
        return self.encoded(self._delimiter.join(values) + self._line_end)

    def encoded(self, content: bytes) -> bytes:
        if self._encoding is Encoding.UTF_8:
            return content
        return content.decode().encode(self._encoding, self._errors)

    def _column(self, flat: list[bytes], number: int) -> Cells:
        return self._writers[number](flat[number :: len(self._writers)])


class _Encoded:
    """Compiled rows in another encoding."""

    def __init__(self, rows: Compiled, encoded: Callable[[bytes], bytes]) -> None:
        self._rows = rows
        self._encoded = encoded

    def write(self, block: bytes, start: int) -> tuple[bytes, int, int]:
        content, rows, end = self._rows.write(block, start)
        return self._encoded(content), rows, end


def _dialect(options: CsvOptions, columns: int) -> Dialect:
    # A lone null would be an empty line, which most readers skip: the row would be lost.
    lone = columns == 1 and not options.null_text
    return Dialect(
        delimiter=options.delimiter.encode(),
        null=b'""' if lone else options.null_text.encode(),
        quote_all=options.quote is Quote.ALL,
        guard=options.formula_guard,
    )


def _errors(options: CsvOptions) -> str:
    return "replace" if options.on_unencodable is Unencodable.REPLACE else "strict"


def _head(columns: tuple[Column, ...], options: CsvOptions, rows: CsvRows) -> bytes:
    mark = "\ufeff".encode(options.encoding) if options.bom else b""
    if options.header is Header.NONE:
        return mark
    labels = options.header is Header.LABELS
    titles = [column.label if labels else column.name for column in columns]
    try:
        return mark + rows.line([_title(title, rows.dialect) for title in titles])
    except UnicodeEncodeError as lacking:
        raise HeaderUnencodable(
            f"a label has a character that {options.encoding} lacks; use utf-8, set header to "
            "names or none, or set on_unencodable to replace"
        ) from lacking


def _title(title: str, dialect: Dialect) -> bytes:
    return text_writer(dialect, guard=dialect.guard)([title.translate(_AS_COPY_TEXT).encode()])[0]


_AS_COPY_TEXT = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
