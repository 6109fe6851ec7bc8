"""Arrow's IPC stream: the schema, a record batch a fragment, the end. (Arrow, "Columnar Format",
"IPC Streaming Format".) Each is an encapsulated message whose length is a multiple of 8 bytes, so
that one can follow another wherever it was made."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from domain.columnar_options import INNER_ZSTD_LEVEL, ArrowOptions, BodyCompression
from domain.ports import Fragment
from processors.renderers.columnar.batches import Batches
from processors.renderers.frames import Part, RenderPlan, TextFrame, Totals


class ArrowFrame(TextFrame):
    """An Arrow plan made ready."""

    def __init__(self, plan: RenderPlan, options: ArrowOptions) -> None:
        self._batches = Batches(plan.columns, options)
        self._head: bytes = self._batches.schema.serialize().to_pybytes()
        compressed = options.body_compression is BodyCompression.ZSTD
        self._writing = pa.ipc.IpcWriteOptions(
            compression=pa.Codec("zstd", compression_level=INNER_ZSTD_LEVEL)
            if compressed
            else None,
            use_threads=False,
        )

    def head(self) -> bytes:
        return self._head

    def render(self, fragment: Fragment) -> Part:
        batch = self._batches.read(fragment)
        rows = batch.rows.num_rows
        data = self._message(batch.rows) if rows else b""
        return Part(data=data, rows=rows, rejected=batch.rejected)

    def tail(self, totals: Totals) -> bytes:
        return _END

    def _message(self, rows: pa.RecordBatch) -> bytes:
        """The stream of this batch alone is the head, its message, the end."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema, options=self._writing) as stream:
            stream.write_batch(rows)
        message: bytes = sink.getvalue()[len(self._head) : -len(_END)].to_pybytes()
        return message


_END: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"
