"""What can be chosen about files of typed columns: Parquet and Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

INNER_ZSTD_LEVEL: Final = 1
"""Of pages and buffers: higher levels take longer and make them hardly smaller."""


class Decimals(StrEnum):
    """What a decimal becomes. Which scale a field's values have nobody knows before the rows, so
    that only STRINGS hold all of them as they are."""

    STRINGS = "strings"
    DECIMALS = "decimals"
    DOUBLES = "doubles"


class OutOfRange(StrEnum):
    """What becomes of a row with a value that its column's type can't hold."""

    REJECT = "reject"
    NULL = "null"


class BodyCompression(StrEnum):
    """Of the buffers of an Arrow record batch, by the name that Arrow's format has for it."""

    NONE = "none"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetOptions:
    """`decimal_scale` is how many digits a decimal has behind the point, of 38 in all."""

    decimals: Decimals = Decimals.STRINGS
    decimal_scale: int = 9
    on_out_of_range: OutOfRange = OutOfRange.REJECT

    zone: ClassVar[str] = "UTC"
    """Instants are points in time, whatever the zone in which a reader shows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrowOptions:
    """See `ParquetOptions`."""

    decimals: Decimals = Decimals.STRINGS
    decimal_scale: int = 9
    on_out_of_range: OutOfRange = OutOfRange.REJECT
    body_compression: BodyCompression = BodyCompression.ZSTD

    zone: ClassVar[str] = "UTC"


ColumnarOptions = ParquetOptions | ArrowOptions
