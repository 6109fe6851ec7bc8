"""Masks laid over rows by compiled code, where it is installed (`processors.kernel`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, assert_never

from domain.copy_text import NULL, escape
from domain.field_types import FieldType
from domain.masks import (
    ByPeriod,
    ByPrefix,
    ByWidth,
    Constant,
    Keep,
    Null,
    Pattern,
    Shape,
    Token,
)
from domain.masks.columns import PERSON
from domain.masks.masking import CompiledMasks, Masked, MaskedColumn
from processors.kernel import kernel

_Said: TypeAlias = tuple[str, Mapping[str, Any]]


def compiled_masks(masked: Sequence[Masked]) -> CompiledMasks | None:
    """Of the plain columns. None where there are none, or no kernel."""
    module = kernel()
    plain = [each for each in masked if isinstance(each, MaskedColumn)]
    if module is None or not plain:
        return None
    in_order = sorted(plain, key=lambda each: each.index)
    masks: CompiledMasks = module.Masks([(each.index, *_said(each)) for each in in_order])
    return masks


def _said(column: MaskedColumn) -> _Said:
    match column.mask:
        case Keep():
            return "kept", {}
        case Null():
            return "told", {"text": NULL}
        case Constant(text=text):
            return "told", {"text": escape(text.encode())}
        case Pattern() as mask:
            return "address" if mask.shape is Shape.EMAIL else "pattern", _shown(mask)
        case ByPrefix(prefix=prefix):
            return "prefix", {"length": prefix}
        case ByPeriod(to=to):
            return "period", {"to": to.value}
        case ByWidth(width=width):
            return "interval", {"width": width, "fraction": column.type is not FieldType.INTEGER}
        case Token(length=length):
            return "token", {"key": column.key, "person": PERSON, "digits": length}
        case _:
            assert_never(column.mask)


def _shown(mask: Pattern) -> Mapping[str, Any]:
    return {
        "first": mask.first,
        "last": mask.last,
        "character": escape(mask.character.encode()),
        "hidden": mask.hidden,
    }
