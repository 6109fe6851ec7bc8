"""A filter as JSON: the shape alone. Whether it makes sense for a dataset, `check` says.

What comes in is untrusted: the limits hold while it is read, so no input, however deep or large,
costs more than they allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final, cast, get_args
from uuid import UUID

from domain.filters.errors import FilterInvalid
from domain.filters.relative import Relative
from domain.filters.tree import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Comparison,
    Filter,
    In,
    IsNull,
    Match,
    Not,
    Sealed,
    TextMatch,
    Value,
)

MAX_DEPTH: Final = 8
MAX_NODES: Final = 200
MAX_IN_VALUES: Final = 1_000
MAX_TEXT: Final = 1_000
MAX_TOTAL_TEXT: Final = 100_000
"""Characters of all values together: a filter is recorded with its export."""


def parse(json: object, *, sealed: bool = False) -> Filter:
    """The tree of a filter's JSON. `sealed` allows `{"sealed": "<uuid>"}` as a value: only for
    filters of our own record, never for what a user sends.

    Raises `FilterInvalid`."""
    return _Reading(sealed=sealed).node(json, "filter", MAX_DEPTH)


def value_from_json(json: object, *, sealed: bool = False) -> Value:
    """The inverse of `value_to_json`. Raises `FilterInvalid`."""
    return _Reading(sealed=sealed).value(json, "value")


_COMPARISONS: Final = get_args(Comparison)
_MATCHES: Final = get_args(Match)
_NODE: Final = (
    'write {"and": [...]}, {"or": [...]}, {"not": {...}}'
    ' or {"field": "...", "op": "...", "value": ...}'
)
_VALUE: Final = (
    'write a text, a number, true, false or {"relative": "..."}; for rows without a value use'
    " is_null"
)
_OPERATORS: Final = (*_COMPARISONS, "in", "between", "is_null", "not_null", *_MATCHES)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One filter being read, and how much of what it may take it has taken."""

    sealed: bool
    nodes: int = 0
    text: int = 0

    def node(self, json: object, path: str, depth: int) -> Filter:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise FilterInvalid(path, f"the filter has more than {MAX_NODES} conditions")
        if depth == 0:
            raise FilterInvalid(path, f"the filter is nested more than {MAX_DEPTH} levels deep")
        if not isinstance(json, dict):
            raise FilterInvalid(path, _NODE)
        match json:
            case {"and": items}:
                _only(json, path, "and")
                return AllOf(items=self._nodes(items, f"{path}.and", depth))
            case {"or": items}:
                _only(json, path, "or")
                return AnyOf(items=self._nodes(items, f"{path}.or", depth))
            case {"not": item}:
                _only(json, path, "not")
                return Not(item=self.node(item, f"{path}.not", depth - 1))
            case {"field": str(field), "op": str(op)}:
                self._counted(field, f"{path}.field")
                return self._leaf(json, field, op, path)
            case _:
                raise FilterInvalid(path, _NODE)

    def _nodes(self, json: object, path: str, depth: int) -> tuple[Filter, ...]:
        items = _some(json, path, "a list of at least one condition")
        return tuple(
            self.node(item, f"{path}[{index}]", depth - 1) for index, item in enumerate(items)
        )

    def _leaf(self, json: Mapping[str, object], field: str, op: str, path: str) -> Filter:
        if op in _COMPARISONS:
            value = self.value(_value_of(json, path), f"{path}.value")
            return Compare(field=field, op=cast(Comparison, op), value=value)
        if op in _MATCHES:
            return self._text_match(json, field, cast(Match, op), path)
        match op:
            case "in":
                return In(field=field, values=self._in_values(_value_of(json, path), path))
            case "between":
                low, high = self._ends(_value_of(json, path), f"{path}.value")
                return Between(field=field, low=low, high=high)
            case "is_null" | "not_null":
                _only(json, path, "field", "op")
                return IsNull(field=field, negated=op == "not_null")
            case _:
                raise FilterInvalid(f"{path}.op", f"use one of {', '.join(_OPERATORS)}")

    def _text_match(self, json: Mapping[str, object], field: str, op: Match, path: str) -> Filter:
        value = self.value(_value_of(json, path, "ignore_case"), f"{path}.value")
        ignore_case = json.get("ignore_case", False)
        if not isinstance(ignore_case, bool):
            raise FilterInvalid(f"{path}.ignore_case", "write true or false")
        return TextMatch(field=field, op=op, value=value, ignore_case=ignore_case)

    def _in_values(self, json: object, path: str) -> tuple[Value, ...]:
        items = _some(json, f"{path}.value", "a list of at least one value")
        if len(items) > MAX_IN_VALUES:
            raise FilterInvalid(
                f"{path}.value", f"a list has at most {MAX_IN_VALUES} values; split the export"
            )
        return tuple(self.value(item, f"{path}.value[{index}]") for index, item in enumerate(items))

    def _ends(self, json: object, path: str) -> tuple[Value, Value]:
        match json:
            case [low, high]:
                return self.value(low, f"{path}[0]"), self.value(high, f"{path}[1]")
            case _:
                raise FilterInvalid(path, "write a list of two values, the lowest and the highest")

    def value(self, json: object, path: str) -> Value:
        match json:
            case bool():
                return json
            case str():
                return self._counted(json, path)
            case int() if -(2**63) <= json < 2**63:
                return json
            case int():
                raise FilterInvalid(path, "the number is out of range: 64 bits at most")
            case float() if isfinite(json):
                return json
            case dict():
                return self._marked(json, path)
            case _:
                raise FilterInvalid(path, _VALUE)

    def _marked(self, json: Mapping[str, object], path: str) -> Value:
        match json:
            case {"relative": str(expression)}:
                _only(json, path, "relative", "zone")
                zone = _zone(json.get("zone", "UTC"), path)
                self._counted(expression + zone, path)
                return Relative(expression=expression, zone=zone)
            case {"sealed": str(reference)} if self.sealed:
                _only(json, path, "sealed")
                return Sealed(reference=_reference(reference, path))
            case _:
                raise FilterInvalid(path, _VALUE)

    def _counted(self, text: str, path: str) -> str:
        self.text += len(text)
        if len(text) > MAX_TEXT:
            raise FilterInvalid(path, f"a text has at most {MAX_TEXT:,} characters")
        if self.text > MAX_TOTAL_TEXT:
            raise FilterInvalid(
                path, f"all values together have at most {MAX_TOTAL_TEXT:,} characters"
            )
        return text


def _only(json: Mapping[str, object], path: str, *allowed: str) -> None:
    if len(json) > len(allowed) or any(name not in allowed for name in json):
        raise FilterInvalid(path, f"only {', '.join(allowed)} can stand here")


def _value_of(json: Mapping[str, object], path: str, *more: str) -> object:
    _only(json, path, "field", "op", "value", *more)
    if "value" not in json:
        raise FilterInvalid(path, "the value is missing; to ask for rows without one, use is_null")
    return json["value"]


def _some(json: object, path: str, wanted: str) -> Sequence[object]:
    if not isinstance(json, list | tuple) or not json:
        raise FilterInvalid(path, f"write {wanted}")
    return json


def _zone(json: object, path: str) -> str:
    if not isinstance(json, str):
        raise FilterInvalid(f"{path}.zone", "write the name of a time zone such as Europe/Madrid")
    return json


def _reference(text: str, path: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise FilterInvalid(f"{path}.sealed", "write a UUID") from None
