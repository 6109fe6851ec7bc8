"""Keeps spreadsheets from running a text value as a formula (CWE-1236; OWASP, "CSV Injection").

A guarded value gets an apostrophe in front. Guarded are values that begin with `=`, `+`, `-`, `@`
or one of their full-width twins, also after white space, and values that begin with a tab or a
line break, which some programs drop. A plain number is not guarded: it can't do anything, and a
negative number must stay one. The columns' type decides first: only text is looked at.

It works on COPY text, where an escape such as `\\t` stands for its character."""

from __future__ import annotations

import re

from processors.renderers.copy_text import TAB
from processors.renderers.values import Cells


def guarded(column: Cells, joined: bytes) -> Cells:
    """The column with an apostrophe wherever it is needed; `joined` is the column joined by tabs,
    in which one search tells whether any value is worth a look."""
    if _SUSPECT.match(joined) or _LATER_SUSPECT.search(joined):
        return [b"'" + cell if is_risky(cell) else cell for cell in column]
    return column


def is_risky(cell: bytes) -> bool:
    return bool(_RISKY.match(cell)) and not _NUMBER.fullmatch(cell)


# The first bytes of `=+-@`, of white space, of escapes, and of the full-width and invisible ones.
_FIRST = rb"[=+\-@ \\\x00-\x08\x0b-\x1f\x7f\xc2\xe1\xe2\xe3\xef]"
_SUSPECT = re.compile(_FIRST)
_LATER_SUSPECT = re.compile(TAB + _FIRST)

_BLANK = (
    rb"(?: |\\[bfnrtv]|[\x00-\x1f\x7f]"
    rb"|\xc2[\x80-\xa0\xad]"  # C1 controls, no-break space, soft hyphen
    rb"|\xe1\x9a\x80|\xe1\xa0\x8e"  # ogham space, Mongolian vowel separator
    rb"|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xe2\x81[\x9f-\xaf]"  # U+2000-200F, 2028-202F, 205F-206F
    rb"|\xe3\x80\x80|\xef\xbb\xbf)"  # ideographic space, byte order mark
)
_RISKY = re.compile(
    rb"\\[nrt]|" + _BLANK + rb"*(?:[=+\-@]|\xef\xbc[\x8b\x8d\x9d\xa0])",  # ＋－＝＠
)
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
