"""How the fields of an event become canonical JSON, and how they are read back, strictly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from typing import Any, cast, get_args, get_type_hints

import orjson
from pydantic import ConfigDict, TypeAdapter
from typing_extensions import TypeAliasType

from domain.events import Event

_STRICT = ConfigDict(strict=True, extra="forbid")
_AS_IT_IS = (
    orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
)


def write(value: object) -> bytes:
    """UTF-8, members sorted, no white space, times in UTC with microseconds; the same value gives
    the same bytes. Raises `orjson.JSONEncodeError`."""
    return orjson.dumps(value, default=_plain, option=_AS_IT_IS)


def moment(at: datetime) -> str:
    """A time as RFC 3339 writes it, in UTC, always with microseconds."""
    if at.tzinfo is None:
        raise TypeError("a time without a time zone can't be written")
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def reader(event: type[Event]) -> Callable[[bytes], Event]:
    """Reads this event's JSON. Raises ValueError for anything unknown, missing or of another
    type, as a payload that is half understood would lead to wrong facts."""
    read = adapter(event).validate_json
    times = attrgetter("at", *_times(event))  # `at` again, so that there are always several

    def checked(payload: bytes) -> Event:
        found = read(payload)
        if any(at is not None and at.tzinfo is None for at in times(found)):
            raise ValueError("a time has no time zone")
        return found

    return checked


def adapter(event: type[Event]) -> TypeAdapter[Event]:
    """Reads an event's payload and knows its JSON Schema. The alias is there because pydantic
    takes no configuration beside a plain dataclass, and the domain has none of pydantic's."""
    alias = TypeAliasType(event.__name__, cast("Any", event))  # type: ignore[misc] # made here
    return TypeAdapter(cast("type[Event]", alias), config=_STRICT)


def _times(event: type[Event]) -> list[str]:
    hints = get_type_hints(event)
    return [name for name, hint in hints.items() if datetime in (hint, *get_args(hint))]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _members(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} can't be written")


def _members(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in _field_names(cast("Any", type(value)))}


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    """Sorted, as orjson sorts the members of a dict only if they aren't sorted yet."""
    return tuple(sorted(field.name for field in fields(kind)))
