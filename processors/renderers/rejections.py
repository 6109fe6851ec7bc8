"""The sidecar of a file: which rows are not in it, and why. The values themselves are not repeated:
what could not be written must not turn up somewhere else, and may be personal data."""

from __future__ import annotations

import json
from collections.abc import Iterable

from processors.renderers.frames import Reason, Rejection


def render_rejections(
    rejections: Iterable[Rejection], first_row: int, sheet: int | None = None
) -> bytes:
    """NDJSON, one line a rejected row; `first_row` is the row of the whole export, counted from 0,
    at which the rejections' fragment begins. Of an export of several datasets it is one of those on
    this `sheet`, the first dataset's being 0."""
    return b"".join(_line(rejection, first_row, sheet) for rejection in rejections)


def _line(rejection: Rejection, first_row: int, sheet: int | None) -> bytes:
    line = {
        **({} if sheet is None else {"sheet": sheet}),
        "row": first_row + rejection.row,
        "field": rejection.field,
        "reason": rejection.reason.value,
        "explanation": _EXPLANATIONS[rejection.reason],
    }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


_EXPLANATIONS = {
    Reason.NOT_UTF_8: (
        "The value is not valid UTF-8. Correct its bytes in the source, then export again."
    ),
    Reason.LONE_SURROGATE: (
        "The value holds half of a surrogate pair, which is no character. Correct it in the "
        "source, then export again."
    ),
    Reason.NUL_CHARACTER: (
        "The value holds the character NUL, at which many programs stop reading. Remove it in the "
        "source, then export again."
    ),
    Reason.UNENCODABLE: (
        "The value holds a character that the file's encoding lacks. Export as utf-8, or set "
        "on_unencodable to replace."
    ),
    Reason.CELL_TOO_LONG: (
        "The value is longer than the 32,767 characters (UTF-16) that a cell can hold. Set "
        "on_long_text to cut, shorten the value in the source, or export in another format."
    ),
    Reason.NO_GLYPH: (
        "The value holds a character that the file's fonts lack. Set on_missing_glyph to replace, "
        "or correct the value in the source."
    ),
    Reason.OUT_OF_RANGE: (
        "The value has no place in the type of its column, such as infinity among dates. Set "
        "on_out_of_range to null, export as text, or correct it in the source."
    ),
}
