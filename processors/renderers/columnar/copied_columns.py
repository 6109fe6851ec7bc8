"""PostgreSQL's COPY text as columns, by pyarrow's CSV reader: it cuts rows several times faster
than the interpreter could, and knows `\\N`; the escapes are resolved here."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from domain.ports import Fragment
from processors.renderers.copy_text import BACKSLASH, FragmentMalformed, unescape


def columns_of(fragment: Fragment, count: int) -> list[pa.Array]:
    """The plain values of each column, as they came, in any encoding."""
    if not fragment.data.endswith(b"\n"):
        raise FragmentMalformed("the last row has no line end")
    table = _table(fragment.data, [str(number) for number in range(count)])
    if table.num_rows != fragment.rows:
        raise FragmentMalformed(
            f"the fragment should have {fragment.rows} rows and has {table.num_rows}"
        )
    return [_unescaped(column.combine_chunks()) for column in table.columns]


_PARSING: Final = csv.ParseOptions(
    delimiter="\t",
    quote_char=False,
    double_quote=False,
    escape_char=False,
    newlines_in_values=False,
    ignore_empty_lines=False,  # the one cell of a row can be an empty text
)
_MARK: Final = "\ufeff".encode()
_LARGEST_BLOCK: Final = 2**31 - 1


def _table(data: bytes, names: list[str]) -> pa.Table:
    marked = _MARK + data if data[0] == _MARK[0] else data  # the reader drops such a mark
    reading = csv.ReadOptions(
        use_threads=False,
        column_names=names,
        block_size=min(len(marked) + 1, _LARGEST_BLOCK),
    )
    converting = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.binary()),
        null_values=["\\N"],
        strings_can_be_null=True,
    )
    try:
        return csv.read_csv(pa.BufferReader(marked), reading, _PARSING, converting)
    except pa.ArrowInvalid as error:
        raise FragmentMalformed(f"some rows don't have {len(names)} columns") from error


def _unescaped(column: pa.Array) -> pa.Array:
    if BACKSLASH not in _content(column):
        return column
    escaped = pc.match_substring(column, "\\").fill_null(False)
    values = [unescape(cell) for cell in column.filter(escaped).to_pylist()]
    return pc.replace_with_mask(column, escaped, pa.array(values, pa.binary()))


def _content(column: pa.Array) -> bytes:
    """All values, one after the other. To search that is ten times faster than cell by cell."""
    _validity, _offsets, content = column.buffers()
    return b"" if content is None else bytes(content.to_pybytes())
