"""JSON values (RFC 8259), column by column. COPY text is nearly JSON already: the escapes `\\b \\f
\\n \\r \\t \\\\` mean the same in both, so that most texts are copied as they are.

A writer gives a column's cells and whether each still lacks the quotes around it, as those cost
nothing when the row's template has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import Final

import orjson

from processors.renderers.copy_text import BACKSLASH, NULL, TAB
from processors.renderers.frames import Reason
from processors.renderers.values import (
    CellRefused,
    Cells,
    Writer,
    around_nulls,
    check_text,
    consists_of,
)

Written = tuple[Cells, bool]
JsonWriter = Callable[[Cells], Written]


def write_text(column: Cells) -> Written:
    """Texts as strings."""
    joined = TAB.join(column)
    check_text(joined)
    inner = _escaped(joined)
    if NULL in joined:
        # Inside a string a quote follows a backslash and `\N` another one, so that `"\N"` is null.
        quoted = b'"' + inner.replace(TAB, b'"\t"') + b'"'
        return quoted.replace(b'"\\N"', b"null").split(TAB), False
    return (column if inner is joined else inner.split(TAB)), True


def plain_writer(alphabet: bytes) -> JsonWriter:
    """Writes strings that ordinarily consist of the alphabet."""

    def write(column: Cells) -> Written:
        plain = consists_of(alphabet, column, TAB.join(column))
        return (column, True) if plain else write_text(column)

    return write


def rewriting_writer(rewrite: Writer) -> JsonWriter:
    """Writes strings by a function that knows no nulls and leaves out the quotes."""

    def write(column: Cells) -> Written:
        if NULL not in column:
            return rewrite(column), True
        return around_nulls(column, b"null", lambda present: _quoted(rewrite(present))), False

    return write


def number_writer(alphabet: bytes, as_string: Callable[[bytes], bool]) -> JsonWriter:
    """Writes numbers with the digits that the source gave. Those that `as_string` picks, what JSON
    has no number for (NaN, infinities), and what is beyond doubles, at which parsers stop or go on
    with infinity (RFC 8259, section 6), become strings."""

    def write(column: Cells) -> Written:
        joined = TAB.join(column)
        longest = max(column, key=len)
        if as_string(longest) or (len(longest) > _SAFE_DIGITS and any(map(as_string, column))):
            return list(map(number, column)), False
        if not are_numbers(alphabet, column, joined):
            return list(map(number, column)), False
        return column, False

    def number(cell: bytes) -> bytes:
        if cell == NULL:
            return b"null"
        if _NUMBER.fullmatch(cell) and not as_string(cell) and isfinite(float(cell)):
            return cell
        check_text(cell)
        return b'"' + _escaped(cell) + b'"'

    return write


def is_big(cell: bytes) -> bool:
    """Whether JavaScript would round the integer: it is beyond 2^53 (RFC 7493, section 2.2)."""
    if len(cell) <= _SAFE_DIGITS or not _INTEGER.fullmatch(cell):
        return False
    digits = cell.lstrip(b"-").lstrip(b"0")
    return (len(digits), digits) > (len(_BIGGEST), _BIGGEST)


def write_boolean(column: Cells) -> Written:
    words = _BOOLEANS
    return [words[cell] if cell in words else text_value(cell) for cell in column], False


def write_json(column: Cells) -> Written:
    """JSON as it is, on one line: a line break can only stand between tokens."""
    joined = TAB.join(column)
    check_text(joined)
    if 0 in joined:
        raise CellRefused(Reason.NUL_CHARACTER)
    if BACKSLASH not in joined:
        return column, False
    # NUL keeps the place of a backslash while the other escapes are replaced.
    for escape, meaning in _JSON_ESCAPES:
        joined = joined.replace(escape, meaning)
    return joined.split(TAB), False


def inner_text(cell: bytes) -> bytes:
    """A value, not null, as it stands between the quotes of a string."""
    check_text(cell)
    return _escaped(cell)


def text_value(cell: bytes) -> bytes:
    """A value as a string or null."""
    return b"null" if cell == NULL else b'"' + inner_text(cell) + b'"'


_SAFE_DIGITS: Final = 15
_BIGGEST: Final = b"%d" % 2**53
_INTEGER = re.compile(rb"-?[0-9]+")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BOOLEANS: Final = {b"t": b"true", b"f": b"false", NULL: b"null"}
_JSON_ESCAPES: Final = (
    (b"\\\\", b"\0"),
    (NULL, b"null"),
    (b"\\n", b" "),
    (b"\\r", b" "),
    (b"\\t", b" "),
    (b"\0", b"\\"),
)
_CONTROLS: Final = bytes(code for code in range(32) if code != ord("\t"))
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_VERTICAL_TAB = re.compile(rb"\\(\\|v)")


def _quoted(inner: Cells) -> Cells:
    return [b'"%b"' % text for text in inner]


def _escaped(joined: bytes) -> bytes:
    """Tabs are between cells: within one they are escaped already."""
    if ord('"') in joined:
        joined = joined.replace(b'"', b'\\"')
    if BACKSLASH in joined and b"\\v" in joined:
        joined = _VERTICAL_TAB.sub(_json_vertical_tab, joined)
    if len(joined.translate(None, _CONTROLS)) != len(joined):
        joined = _CONTROL.sub(lambda found: b"\\u%04x" % ord(found[0]), joined)
    return joined


def _json_vertical_tab(found: re.Match[bytes]) -> bytes:
    return b"\\u000b" if found[1] == b"v" else found[0]


def are_numbers(alphabet: bytes, column: Cells, joined: bytes) -> bool:
    """Whether all are JSON numbers within doubles: the parser knows, if only digits and signs get
    to it."""
    if not consists_of(alphabet, column, joined):
        return False
    try:
        orjson.loads(b"[" + joined.replace(TAB, b",") + b"]")
    except orjson.JSONDecodeError:
        return False
    return True
