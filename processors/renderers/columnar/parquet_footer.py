"""A Parquet file's metadata, put together of that of files with one row group each.
(apache/parquet-format, README "File format" and src/main/thrift/parquet.thrift, whose field ids
stand here.)"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final

from processors.renderers.columnar.thrift import (
    STOP,
    Items,
    Kind,
    Struct,
    field_header,
    list_header,
    read_struct,
    write_fields,
    write_struct,
)

MAGIC: Final = b"PAR1"


class RowGroup:
    """A row group by its bytes in a file of its own, from the magic to the footer, and by what the
    footer says of it."""

    def __init__(self, file: bytes) -> None:
        footer, start = _footer(file)
        groups: Items = footer[_FileMetaData.ROW_GROUPS]
        (self._group,) = groups.values
        self.data = file[len(MAGIC) : start]

    def note(self) -> bytes:
        """Its metadata, as if its data began at the start of a file."""
        return _moved(self._group, -len(MAGIC))


class Footer:
    """The end of a file with a schema; `model` is a file with it and without rows."""

    def __init__(self, model: bytes) -> None:
        self._metadata, _ = _footer(model)

    def pieces(self, rows: int, groups: Iterable[tuple[int, bytes]], count: int) -> Iterator[bytes]:
        """`groups` are `count` notes, each with the place of its row group's data in the file."""
        metadata = Struct(dict(self._metadata.fields))
        metadata.replace(_FileMetaData.NUM_ROWS, rows)
        place = _FileMetaData.ROW_GROUPS
        first = write_fields(metadata, 0, place - 1)
        first += field_header(Kind.LIST, place, place - 1) + list_header(Kind.STRUCT, count)
        yield first
        size = len(first)
        for start, note in groups:
            group = _moved(read_struct(note), start)
            yield group
            size += len(group)
        last = write_fields(metadata, place, _LAST_ID) + STOP
        yield last + struct.pack("<L", size + len(last)) + MAGIC


_LENGTH_AND_MAGIC: Final = 8
_LAST_ID: Final = 2**15 - 1


class _FileMetaData(IntEnum):
    NUM_ROWS = 3
    ROW_GROUPS = 4


class _RowGroup(IntEnum):
    COLUMNS = 1
    FILE_OFFSET = 5
    ORDINAL = 7


class _ColumnChunk(IntEnum):
    FILE_OFFSET = 2
    META_DATA = 3


class _ColumnMetaData(IntEnum):
    DATA_PAGE_OFFSET = 9
    INDEX_PAGE_OFFSET = 10
    DICTIONARY_PAGE_OFFSET = 11


def _footer(file: bytes) -> tuple[Struct, int]:
    """And where it begins."""
    (size,) = struct.unpack("<L", file[-_LENGTH_AND_MAGIC : -len(MAGIC)])
    start = len(file) - _LENGTH_AND_MAGIC - size
    return read_struct(file[start:-_LENGTH_AND_MAGIC]), start


def _moved(group: Struct, distance: int) -> bytes:
    """A row group elsewhere in a file, and without its number, which says nothing (it is for
    encryption only) and has 16 bits."""
    moved = Struct({id_: each for id_, each in group.fields.items() if id_ != _RowGroup.ORDINAL})
    _move(moved, distance, _RowGroup.FILE_OFFSET)
    columns: Items = moved[_RowGroup.COLUMNS]
    moved.replace(
        _RowGroup.COLUMNS, Items(columns.kind, [_column(each, distance) for each in columns.values])
    )
    return write_struct(moved)


def _column(chunk: Struct, distance: int) -> Struct:
    moved, about = Struct(dict(chunk.fields)), Struct(dict(chunk[_ColumnChunk.META_DATA].fields))
    if moved[_ColumnChunk.FILE_OFFSET]:  # newer writers leave it at 0
        _move(moved, distance, _ColumnChunk.FILE_OFFSET)
    for offset in _ColumnMetaData:
        _move(about, distance, offset)
    moved.replace(_ColumnChunk.META_DATA, about)
    return moved


def _move(struct_: Struct, distance: int, id_: int) -> None:
    if id_ in struct_:
        struct_.replace(id_, struct_[id_] + distance)
