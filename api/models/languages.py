"""JSON Schemas of the filter and the format languages, for clients that are made from them.

The domain reads both itself; a test holds these schemas against it.
"""

from __future__ import annotations

from typing import Any

from domain.formats import Compression, Format
from domain.masks import Period, Shape
from domain.masks.methods import LONGEST_TEXT, MOST_CHARACTERS, MOST_HIDDEN, TOKEN_LENGTHS, WIDEST
from domain.rows import FRAGMENT_ROWS
from domain.splits import LEAST_BYTES

_COMPARISONS = ["eq", "ne", "lt", "lte", "gt", "gte"]
_MATCHES = ["contains", "starts_with", "ends_with"]
_FILTER = {"$ref": "#/components/schemas/Filter"}
_FIELD = {"type": "string"}
_VALUE = {
    "anyOf": [
        {"type": ["string", "number", "boolean"]},
        {
            "type": "object",
            "required": ["relative"],
            "properties": {
                "relative": {"type": "string", "examples": ["-7d", "start_of_month-1M"]},
                "zone": {"type": "string", "examples": ["Europe/Madrid"]},
            },
            "additionalProperties": False,
        },
    ]
}


def _leaf(operators: list[str], value: dict[str, Any] | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"field": _FIELD, "op": {"enum": operators}}
    if value is not None:
        properties["value"] = value
    required = list(properties)
    if operators is _MATCHES:
        properties["ignore_case"] = {"type": "boolean"}
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _branch(name: str, inside: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [name],
        "properties": {name: inside},
        "additionalProperties": False,
    }


_SPLITS: list[tuple[str, dict[str, Any]]] = [
    ("by", {"type": "string", "minLength": 1}),
    ("rows", {"type": "integer", "minimum": FRAGMENT_ROWS}),
    ("bytes", {"type": "integer", "minimum": LEAST_BYTES}),
]
_ALL = {"type": "array", "items": _FILTER, "minItems": 1}
FILTER_SCHEMA: dict[str, Any] = {
    "description": "A tree of conditions, at most 8 levels deep (docs/filters.md).",
    "anyOf": [
        _branch("and", _ALL),
        _branch("or", _ALL),
        _branch("not", _FILTER),
        _leaf(_COMPARISONS, _VALUE),
        _leaf(_MATCHES, _VALUE),
        _leaf(["in"], {"type": "array", "items": _VALUE, "minItems": 1, "maxItems": 1_000}),
        _leaf(["between"], {"type": "array", "items": _VALUE, "minItems": 2, "maxItems": 2}),
        _leaf(["is_null", "not_null"], None),
    ],
}
FORMAT_SCHEMA: dict[str, Any] = {
    "description": "A format's name, or the format with choices (docs/formats.md).",
    "anyOf": [
        {"enum": [each.value for each in Format]},
        {
            "type": "object",
            "required": ["format"],
            "properties": {
                "format": {"enum": [each.value for each in Format]},
                "compression": {
                    "enum": [each.value for each in Compression],
                    "default": "none",
                },
                "options": {"type": "object"},
                "split": {"oneOf": [_branch(name, value) for name, value in _SPLITS]},
            },
            "additionalProperties": False,
        },
    ],
}


def _whole(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _method(name: str, options: dict[str, Any], *needed: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["method", *needed],
        "properties": {"method": {"const": name}, **options},
        "additionalProperties": False,
    }


MASK_SCHEMA: dict[str, Any] = {
    "description": "A method's name, or a method with choices (docs/masks.md).",
    "anyOf": [
        {"enum": ["keep", "mask", "token", "null"]},
        _method("keep", {}),
        _method("null", {}),
        _method(
            "mask",
            {
                "shape": {"enum": [each.value for each in Shape], "default": "text"},
                "first": _whole(0, MOST_CHARACTERS),
                "last": _whole(0, MOST_CHARACTERS),
                "character": {"type": "string", "minLength": 1, "maxLength": 1},
                "hidden": {"anyOf": [_whole(1, MOST_HIDDEN), {"type": "null"}]},
            },
        ),
        _method("generalise", {"to": {"enum": [each.value for each in Period]}}, "to"),
        _method("generalise", {"width": _whole(1, WIDEST)}, "width"),
        _method("generalise", {"prefix": _whole(1, MOST_CHARACTERS)}, "prefix"),
        _method(
            "token",
            {
                "length": {"enum": list(TOKEN_LENGTHS), "default": 32},
                "scope": {
                    "anyOf": [
                        {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"},
                        {"type": "null"},
                    ]
                },
            },
        ),
        _method("constant", {"text": {"type": "string", "maxLength": LONGEST_TEXT}}, "text"),
    ],
}
