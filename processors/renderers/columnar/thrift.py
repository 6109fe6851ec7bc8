"""Thrift's compact protocol (apache/thrift, doc/specs/thrift-compact-protocol.md), as far as
Parquet's metadata uses it: read to a tree, changed, and written back. What the fields mean is the
caller's to know; unknown ones come through as they were."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """A field's type. A boolean field's value is its type."""

    TRUE = 1
    FALSE = 2
    BYTE = 3
    I16 = 4
    I32 = 5
    I64 = 6
    DOUBLE = 7
    BINARY = 8
    LIST = 9
    SET = 10
    MAP = 11
    STRUCT = 12


class MetadataUnreadable(Exception):
    """This isn't Thrift as Parquet uses it. Report it together with pyarrow's version."""


@dataclass(slots=True)
class Items:
    """A list's values, all of one kind."""

    kind: Kind
    values: list[Any]


@dataclass(slots=True)
class Struct:
    """Kind and value by field id, in the order of the ids."""

    fields: dict[int, tuple[Kind, Any]] = field(default_factory=dict)

    def __getitem__(self, id_: int) -> Any:
        return self.fields[id_][1]

    def __contains__(self, id_: int) -> bool:
        return id_ in self.fields

    def replace(self, id_: int, value: Any) -> None:
        """Gives a field that is there another value of its kind."""
        self.fields[id_] = self.fields[id_][0], value


def read_struct(data: bytes) -> Struct:
    return _Reader(data).struct()


def write_struct(struct: Struct) -> bytes:
    """What `read_struct` read, byte for byte if nothing was changed."""
    return write_fields(struct, 0, _LAST_ID) + STOP


def write_fields(struct: Struct, after: int, last: int) -> bytes:
    """The fields with ids `after` < id <= `last`, to follow one with the id `after`."""
    written = bytearray()
    for id_, (kind, value) in struct.fields.items():
        if after < id_ <= last:
            written += field_header(kind, id_, after)
            _write(written, kind, value)
            after = id_
    return bytes(written)


def field_header(kind: Kind, id_: int, after: int) -> bytes:
    if 0 < id_ - after <= _SHORT_DELTA:
        return bytes([(id_ - after) << 4 | kind])
    return bytes([kind]) + varint(_zigzag(id_))


def list_header(kind: Kind, count: int) -> bytes:
    if count < _LONG_LIST:
        return bytes([count << 4 | kind])
    return bytes([_LONG_LIST << 4 | kind]) + varint(count)


def varint(number: int) -> bytes:
    """ULEB128"""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


STOP = b"\0"
_LAST_ID = 2**15 - 1
_SHORT_DELTA = 15
_LONG_LIST = 15
_NUMBERS = (Kind.I16, Kind.I32, Kind.I64)
_BOOLEANS = (Kind.TRUE, Kind.FALSE)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self) -> Struct:
        struct, id_ = Struct(), 0
        while head := self._byte():
            kind = self._kind(head)
            id_ = id_ + (head >> 4) if head >> 4 else _unzigzag(self._varint())
            struct.fields[id_] = kind, self._value(kind)
        return struct

    def _value(self, kind: Kind) -> Any:
        match kind:
            case Kind.TRUE | Kind.FALSE:
                return kind is Kind.TRUE
            case Kind.BYTE:
                return self._byte()
            case Kind.I16 | Kind.I32 | Kind.I64:
                return _unzigzag(self._varint())
            case Kind.DOUBLE:
                return self._bytes(8)
            case Kind.BINARY:
                return self._bytes(self._varint())
            case Kind.LIST:
                return self._list()
            case Kind.STRUCT:
                return self.struct()
            case _:
                raise MetadataUnreadable(f"a {kind.name.lower()} at byte {self._at}")

    def _list(self) -> Items:
        head = self._byte()
        kind = self._kind(head)
        count = self._varint() if head >> 4 == _LONG_LIST else head >> 4
        if kind in _BOOLEANS:  # in lists they have a byte each
            return Items(Kind.TRUE, [self._byte() == Kind.TRUE for _ in range(count)])
        return Items(kind, [self._value(kind) for _ in range(count)])

    def _kind(self, head: int) -> Kind:
        try:
            return Kind(head & 0x0F)
        except ValueError:
            raise MetadataUnreadable(f"type {head & 0x0F} at byte {self._at}") from None

    def _varint(self) -> int:
        number = shift = 0
        while (byte := self._byte()) > 0x7F:
            number |= (byte & 0x7F) << shift
            shift += 7
        return number | byte << shift

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) < count:
            raise MetadataUnreadable("it ends too early")
        self._at += count
        return found


def _write(written: bytearray, kind: Kind, value: Any) -> None:
    match kind:
        case Kind.TRUE | Kind.FALSE:
            pass  # the field's type says it
        case Kind.BYTE:
            written.append(value)
        case Kind.I16 | Kind.I32 | Kind.I64:
            written += varint(_zigzag(value))
        case Kind.DOUBLE:
            written += value
        case Kind.BINARY:
            written += varint(len(value))
            written += value
        case Kind.LIST:
            _write_list(written, value)
        case Kind.STRUCT:
            written += write_struct(value)
        case _:
            raise MetadataUnreadable(kind.name.lower())


def _write_list(written: bytearray, items: Items) -> None:
    written += list_header(items.kind, len(items.values))
    for value in items.values:
        if items.kind in _BOOLEANS:
            written.append(Kind.TRUE if value else Kind.FALSE)
        else:
            _write(written, items.kind, value)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _unzigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)
