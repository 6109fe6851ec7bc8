"""Which mask a field of an export gets: the chosen one, as far as the dataset's operator lets one
choose."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from domain.datasets import Field
from domain.masks import Constant, Keep, Mask, Null, Token, parse_mask, refused, to_json

HIDDEN: Final = "is only ever given masked, so that its values can't be asked about"
"""Of a field whose mask is required, for whoever would find its values by asking."""


def chosen_mask(field: Field, chosen: object, at: str = "") -> Mask:
    """`chosen` is a mask's JSON, None for what the dataset says. Raises `MaskInvalid`."""
    if chosen is None:
        return field.mask or Keep()
    mask = parse_mask(chosen, field.type, at)
    if field.mask_required and field.mask and not _hides_as_much(mask, field.mask):
        demanded = json.dumps(to_json(field.mask))
        raise refused(
            at,
            "must hide what the dataset's operator wants hidden. Leave it out, or write "
            f"{demanded}, null or a constant",
        )
    return mask


def tells_of_nulls(field: Field) -> bool:
    """Whether everybody sees in which rows the field has a value."""
    return not (field.mask_required and isinstance(field.mask, Null | Constant))


def _hides_as_much(mask: Mask, demanded: Mask) -> bool:
    """Masks can't be compared, so it is the very one, or one that tells nothing. A scope of tokens
    that the operator left open may be named."""
    if isinstance(mask, Token) and isinstance(demanded, Token) and demanded.scope is None:
        return replace(mask, scope=None) == demanded
    return mask == demanded or isinstance(mask, Null | Constant)
