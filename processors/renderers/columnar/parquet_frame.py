"""Parquet: a row group a fragment. pyarrow writes a small file of each; its row group becomes the
part, as it is, and what its footer says of the row group the part's note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from domain.columnar_options import INNER_ZSTD_LEVEL, ParquetOptions
from domain.ports import Fragment
from processors.renderers.columnar.batches import Batches
from processors.renderers.columnar.parquet_footer import MAGIC, Footer, RowGroup
from processors.renderers.frames import Frame, Made, Part, Read, RenderPlan, Totals, Verbatim


class ParquetFrame(Frame):
    """A Parquet plan made ready."""

    notes = True

    def __init__(self, plan: RenderPlan, options: ParquetOptions) -> None:
        self._batches = Batches(plan.columns, options)
        self._footer = Footer(_file(self._batches.schema.empty_table()))

    def render(self, fragment: Fragment) -> Part:
        batch = self._batches.read(fragment)
        rows = batch.rows.num_rows
        if not rows:
            return Part(data=b"", rows=0, rejected=batch.rejected)
        group = RowGroup(_file(pa.Table.from_batches([batch.rows])))
        return Part(data=group.data, rows=rows, rejected=batch.rejected, note=group.note())

    def assemble(
        self, made: Sequence[Made], read: Read, totals: Totals
    ) -> Iterator[bytes | Verbatim]:
        ends = accumulate((each.size for each in made), initial=len(MAGIC))
        groups = [(start, each.note) for start, each in zip(ends, made, strict=False) if each.size]
        yield MAGIC
        yield Verbatim(first=0, last=len(made))
        yield from self._footer.pieces(totals.rows, groups, len(groups))


_SAMPLE: Final = 1024
"""Cells that tell whether a column repeats itself."""


def _file(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        version="2.6",
        compression="zstd",
        compression_level=INNER_ZSTD_LEVEL,
        use_dictionary=_repetitive(table),
        store_schema=False,
    ) as writer:
        if table.num_rows:
            writer.write_table(table, row_group_size=table.num_rows)
    file: bytes = sink.getvalue().to_pybytes()
    return file


def _repetitive(table: pa.Table) -> list[str]:
    """The columns that a dictionary makes smaller: elsewhere it costs as much as all the rest."""
    return [
        name
        for name, column in zip(table.column_names, table.columns, strict=True)
        if 2 * pc.count_distinct(column[:_SAMPLE]).as_py() <= min(len(column), _SAMPLE)
    ]
