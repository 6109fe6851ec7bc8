"""From a fragment to a record batch of typed columns, and the rows that can't be in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from domain.columnar_options import ColumnarOptions, OutOfRange
from domain.ports import Fragment
from processors.renderers.columnar.copied_columns import columns_of
from processors.renderers.columnar.types import Convert, arrow_type, converter
from processors.renderers.frames import Column, Reason, Rejection
from processors.renderers.values import decoding_fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    rows: pa.RecordBatch
    rejected: tuple[Rejection, ...] = ()


class Batches:
    """How fragments of a plan's columns are read. `schema` is what all batches have."""

    def __init__(self, columns: tuple[Column, ...], options: ColumnarOptions) -> None:
        self.schema = pa.schema(
            [pa.field(column.name, arrow_type(column.type, options)) for column in columns]
        )
        self._converters = [converter(each.type) for each in self.schema]
        self._null_out_of_range = options.on_out_of_range is OutOfRange.NULL

    def read(self, fragment: Fragment) -> Batch:
        if not fragment.rows and not fragment.data:
            return Batch(rows=pa.RecordBatch.from_pylist([], schema=self.schema))
        columns = columns_of(fragment, len(self._converters))
        try:
            return Batch(rows=self._typed(columns))
        except pa.ArrowInvalid:
            return self._with_rejections(columns)

    def _typed(self, columns: list[pa.Array]) -> pa.RecordBatch:
        typed = [convert(column) for convert, column in zip(self._converters, columns, strict=True)]
        return pa.RecordBatch.from_arrays(typed, schema=self.schema)

    def _with_rejections(self, columns: list[pa.Array]) -> Batch:
        rejected: dict[int, Rejection] = {}
        kept: list[pa.Array] = []
        for field, convert, column in zip(self.schema, self._converters, columns, strict=True):
            faults = _faults(column, convert)
            if self._null_out_of_range:
                column = _with_nulls(column, faults[Reason.OUT_OF_RANGE])
                faults[Reason.OUT_OF_RANGE] = []
            for reason, values in faults.items():
                for row in _rows_with(column, values):
                    rejection = Rejection(row=row, field=field.name, reason=reason)
                    rejected.setdefault(row, rejection)
            kept.append(column)
        mask = pa.array([row not in rejected for row in range(len(columns[0]))], pa.bool_())
        return Batch(
            rows=self._typed([column.filter(mask) for column in kept]),
            rejected=tuple(rejected[row] for row in sorted(rejected)),
        )


def _faults(column: pa.Array, convert: Convert) -> dict[Reason, list[bytes]]:
    """The values that the column's type can't hold, each once."""
    faults: dict[Reason, list[bytes]] = {
        Reason.NOT_UTF_8: [],
        Reason.LONE_SURROGATE: [],
        Reason.OUT_OF_RANGE: [],
    }
    for value in _unfit(column.unique().drop_null(), convert):
        faults[decoding_fault(value) or Reason.OUT_OF_RANGE].append(value)
    return faults


def _unfit(values: pa.Array, convert: Convert) -> Iterator[bytes]:
    """Found by halves, as mostly there are few."""
    try:
        convert(values)
    except pa.ArrowInvalid:
        if len(values) == 1:
            yield values[0].as_py()
            return
        middle = len(values) // 2
        yield from _unfit(values[:middle], convert)
        yield from _unfit(values[middle:], convert)


def _rows_with(column: pa.Array, values: list[bytes]) -> list[int]:
    if not values:
        return []
    found: list[int] = pc.indices_nonzero(_is_in(column, values)).to_pylist()
    return found


def _with_nulls(column: pa.Array, values: list[bytes]) -> pa.Array:
    return pc.if_else(_is_in(column, values), None, column) if values else column


def _is_in(column: pa.Array, values: list[bytes]) -> pa.Array:
    return pc.is_in(column, pa.array(values, pa.binary()))
