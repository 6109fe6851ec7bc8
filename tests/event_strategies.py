"""Any event that can be recorded, for laws about all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

from domain.events import Event
from schemas.registry import EVENTS

_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_WHOLE = st.integers(-(2**63), 2**63 - 1)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _WHOLE | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_SIMPLE: dict[object, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: _WHOLE,
    str: _TEXTS,
    UUID: st.uuids(),
    datetime: st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=_ZONES),  # noqa: DTZ001
    type(None): st.none(),
}


def events() -> st.SearchStrategy[Event]:
    return st.one_of([_built(event) for event in EVENTS.values()])


def _built(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: _any(hints[field.name]) for field in fields(kind)})


def _any(hint: Any) -> st.SearchStrategy[Any]:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([_any(option) for option in get_args(hint)])
    if get_origin(hint) is tuple:
        return st.lists(_any(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(_TEXTS, _JSON, max_size=3)
    if isinstance(hint, type) and is_dataclass(hint):
        return _built(hint)
    assert issubclass(hint, StrEnum)
    return st.sampled_from(list(hint))
