"""Which value fits a field, and the one text in which a source gets it bound.

Checking and binding are the same function, so that what was checked is what is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from math import isfinite

from domain.datasets import FieldType
from domain.filters.errors import ValueUnfit
from domain.filters.relative import Relative, resolve
from domain.filters.tree import Sealed, Value

_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def check_value(value: Value, field_type: FieldType) -> None:
    """Raises `ValueUnfit`, which says what would fit. A sealed value was checked before it was
    sealed."""
    if not isinstance(value, Sealed):
        bound_text(value, field_type, _ANY_MOMENT)


def bound_text(value: Value, field_type: FieldType, asked_at: datetime) -> str:
    """The value as canonical text: what PostgreSQL reads as a value of the type, with only ASCII
    digits, letters, `+-.: ` in all types but text. Relative dates count from `asked_at`.

    Raises `ValueUnfit`; so it does for a sealed value, which has to be revealed first."""
    if isinstance(value, Sealed):
        raise ValueUnfit("the value is protected; it has to be revealed before the filter can run")
    if isinstance(value, Relative):
        return resolve(value, field_type, asked_at).isoformat()
    return _READERS[field_type](value)


def _text(value: str | float) -> str:
    if not isinstance(value, str):
        raise ValueUnfit('this field holds text; write the value in quotes, such as "60"')
    if "\0" in value:
        raise ValueUnfit("text can't hold the character NUL (U+0000); leave it out")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueUnfit("the text holds half of a surrogate pair; send whole characters")
    return value


def _integer(value: str | float) -> str:
    number = _whole(value)
    if not -(2**63) <= number < 2**63:
        raise ValueUnfit("the number is out of range; a whole number has at most 64 bits")
    return str(number)


def _whole(value: str | float) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueUnfit("this field holds whole numbers; write one such as 60")


def _decimal(value: str | float) -> str:
    if isinstance(value, bool) or not _DECIMAL.fullmatch(str(value)):
        raise ValueUnfit('this field holds numbers; write one such as 60, 60.5 or "60.50"')
    return str(value)


def _float(value: str | float) -> str:
    number = float(_decimal(value))
    if not isfinite(number):
        raise ValueUnfit("the number is out of range; the largest is about 1.8e308")
    return repr(number)


def _boolean(value: str | float) -> str:
    if not isinstance(value, bool):
        raise ValueUnfit("this field holds true or false; write one of them without quotes")
    return "true" if value else "false"


def _date(value: str | float) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value) and _exists(value):
        return value
    raise ValueUnfit('this field holds dates; write one as "2024-03-31" or {"relative": "today"}')


def _time(value: str | float) -> str:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return value
    raise ValueUnfit('this field holds times of day; write one as "23:59" or "23:59:59.5"')


def _timestamp(value: str | float) -> str:
    if isinstance(value, str) and (found := _TIMESTAMP.fullmatch(value)) and _exists(found["date"]):
        return value
    raise ValueUnfit(
        "this field holds dates with a time and no time zone; write one as"
        ' "2024-03-31T23:59:59" or {"relative": "-7d", "zone": "Europe/Madrid"}'
    )


def _instant(value: str | float) -> str:
    if isinstance(value, str) and (found := _INSTANT.fullmatch(value)) and _exists(found["date"]):
        return value
    raise ValueUnfit(
        "this field holds points in time; write one with its offset, as"
        ' "2024-03-31T23:59:59+02:00" or "2024-03-31T21:59:59Z",'
        ' or {"relative": "-7d", "zone": "Europe/Madrid"}'
    )


def _uuid(value: str | float) -> str:
    if isinstance(value, str) and _UUID.fullmatch(value):
        return value
    raise ValueUnfit(
        "this field holds UUIDs; write one as 32 hexadecimal digits with hyphens,"
        ' "8-4-4-4-12", such as "123e4567-e89b-12d3-a456-426614174000"'
    )


def _json(_value: str | float) -> str:
    raise ValueUnfit("this field holds JSON, which can only be asked for is_null and not_null")


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_DAY = r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(_DAY)
_TIME = re.compile(_CLOCK)
_TIMESTAMP = re.compile(rf"{_DAY}(?:[T ]{_CLOCK})?")
_INSTANT = re.compile(rf"{_DAY}[T ]{_CLOCK}(?:[Zz]|[+-](?:0[0-9]|1[0-5]):[0-5][0-9])")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_READERS: dict[FieldType, Callable[[str | float], str]] = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.FLOAT: _float,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.TIMESTAMP: _timestamp,
    FieldType.INSTANT: _instant,
    FieldType.UUID: _uuid,
    FieldType.JSON: _json,
}
