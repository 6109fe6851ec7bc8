"""The mask that an operator lays over a field: a method's name, or a mapping of its options, with
`required: true` where nobody may have the plain value."""

from __future__ import annotations

from domain.datasets import FieldType
from domain.masks import NUMBERS, Keep, Mask, MaskInvalid, parse_mask
from infra.catalog.entries import Entry

_REQUIRED = "required"


def read_mask(entry: Entry, of: FieldType) -> tuple[Mask, bool]:
    """The mask, and whether it is required. Raises `CatalogInvalid`."""
    if isinstance(entry.value, str):
        return _mask(entry, entry.value, of), False
    members = entry.mapping()
    required = members[_REQUIRED].flag() if _REQUIRED in members else False
    options = {name: _plain(name, each) for name, each in members.items() if name != _REQUIRED}
    mask = _mask(entry, options, of)
    if required and isinstance(mask, Keep):
        raise members[_REQUIRED].invalid("keep hides nothing; write another method, or false")
    return mask, required


def _mask(entry: Entry, json: object, of: FieldType) -> Mask:
    try:
        return parse_mask(json, of)
    except MaskInvalid as invalid:
        problem = invalid.problems[0]
        place = f" {problem.at.removeprefix('/')}" if problem.at else ""
        raise entry.invalid(f"its mask{place} {problem.text}") from None


def _plain(name: str, entry: Entry) -> object:
    """As JSON has it: every scalar of the file is a text."""
    if entry.value in ("", "null"):
        return None if name != "method" else entry.value
    text = entry.text()
    return int(text) if name in NUMBERS and text.isascii() and text[:16].isdigit() else text
