"""Keeps spreadsheets from running a text value as a formula (CWE-1236; OWASP, "CSV Injection").

A guarded value gets an apostrophe in front. Guarded are values that begin with `=`, `+`, `-`, `@`
or one of their full-width twins, also after white space or characters that don't show, and values
that begin with a tab or a line break, which some programs drop. A plain number is not guarded: it
can't do anything, and a negative number must stay one. The column's type decides first: only texts
are looked at.

All this works on COPY text, where an escape such as `\\t` stands for its character."""

from __future__ import annotations

import re

from processors.renderers.copy_text import TAB
from processors.renderers.values import Cells


def guarded(column: Cells, joined: bytes) -> Cells:
    """The column with apostrophes where needed; the same list if nowhere. `joined` is the column
    joined by tabs, so that one search finds them all."""
    text = TAB + joined
    if not _RISKY_CELL.search(text):
        return column
    column = column.copy()
    index = start = 0
    for risky in _RISKY_CELL.finditer(text):
        index += text.count(TAB, start, risky.start())
        start = risky.start()
        column[index] = b"'" + column[index]
    return column


def is_risky(cell: bytes) -> bool:
    """Whether the cell, were it a text, would be guarded."""
    return bool(_RISKY_CELL.match(TAB + cell))


_BLANK = (
    rb"(?: |\\[bfnrtv]|[\x00-\x08\x0a-\x1f\x7f]"
    rb"|\xc2[\x80-\xa0\xad]"  # C1 controls, no-break space, soft hyphen
    rb"|\xe1\x9a\x80|\xe1\xa0\x8e"  # ogham space, Mongolian vowel separator
    rb"|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xe2\x81[\x9f-\xaf]"  # U+2000-200F, 2028-202F, 205F-206F
    rb"|\xe3\x80\x80|\xef\xbb\xbf)"  # ideographic space, byte order mark
)
_MARK = rb"(?:[=+\-@]|\xef\xbc[\x8b\x8d\x9d\xa0])"  # the latter are ＋－＝＠
_NUMBER = rb"[+-]?(?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?"
_RISKY_CELL = re.compile(
    rb"\t(?=[=+\-@ \\\x00-\x08\x0a-\x1f\x7f\xc2\xe1\xe2\xe3\xef])"  # most cells end here
    rb"(?!\\N)"
    rb"(?!" + _NUMBER + rb"(?:\t|\Z))"
    rb"(?:\\[nrt]|" + _BLANK + rb"*" + _MARK + rb")"
)
