"""Where lines may end in scripts without spaces between words, such as Chinese and Japanese:
between any two characters, but that some begin no line and some end none. (UAX #14; Korean is
broken in the same way, as it is there)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import category


def breaks_anywhere(text: str) -> bool:
    """Whether there are such characters."""
    return _WIDE.search(text) is not None


def line_end(text: str, start: int, end: int) -> int:
    """Where a line that begins at `start` ends, if no more than what is before `end` has room. A
    space at the end may stand over the edge, as it doesn't show."""
    if text[end] == " ":
        return end + 1
    for place in range(end, start, -1):
        if _may_break(text[place - 1], text[place]):
            return place
    return max(end, start + 1)


def unbroken(text: str) -> Iterator[str]:
    """What must stay in one line, piece after piece; together they are the text."""
    start = 0
    for place in range(1, len(text)):
        if _may_break(text[place - 1], text[place]) or place - start == _LONGEST:
            yield text[start:place]
            start = place
    yield text[start:]


def _may_break(before: str, after: str) -> bool:
    if after == " ":
        return False
    if before in " -":
        return True
    return (
        after not in _BEGINS_NONE
        and before not in _ENDS_NONE
        and (_WIDE.match(before) is not None or _WIDE.match(after) is not None)
        and not category(after).startswith("M")
        and (before, after) not in _PAIRS
    )


_LONGEST: Final = 200
"""Characters: shaping takes longer than their number."""
_WIDE: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe1f"
    "\ufe30-\ufe6f\uff00-\uffef\U00016fe0-\U00018dff\U0001aff0-\U0001b2ff\U0001f200-\U0001f2ff"
    "\U00020000-\U0003ffff]"
)
_CLOSING: Final = (
    ")]}\u00bb\u2019\u201d\u203a\u2046\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019"
    "\u301b\u301e\u301f\ufe11\ufe12\ufe18\ufe36\ufe38\ufe3a\ufe3c\ufe3e\ufe40\ufe42\ufe44\ufe48"
    "\ufe50\ufe52\ufe5a\ufe5c\ufe5e\uff09\uff0c\uff0e\uff3d\uff5d\uff60\uff61\uff63\uff64"
)
_ASKING: Final = "!,.:;?/\u2026\u2025\u22ef\ufe13-\ufe16\ufe19\ufe54-\ufe57\uff01\uff1a\uff1b\uff1f"
_NOT_STARTING: Final = (
    "\u00a0\u00b7\u2010-\u2013\u2027\u203c\u203d\u2047-\u2049\u3000\u3005\u301c\u303b\u303c"
    "\u309b-\u309e\u30a0\u30fb-\u30fe\uff65\uff9e\uff9f"
)
_SMALL: Final = (
    "\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e\u3095\u3096\u30a1\u30a3\u30a5"
    "\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6\u31f0-\u31ff\uff67-\uff70"
    "\U0001b132\U0001b150-\U0001b152\U0001b155\U0001b164-\U0001b167"
)
_AFTER_NUMBERS: Final = "%\u00a2\u00b0\u2030-\u2037\u2103\u2109\ufe6a\uff05\uffe0"
_JOINED: Final = "\u200c\u200d\u1160-\u11ff\ud7b0-\ud7ff"
"""Vowels and final consonants of Korean syllables, and what joins characters."""
_OPENING: Final = (
    "([{\u00a1\u00ab\u00bf\u2018\u201a\u201c\u201e\u2039\u2045\u3008\u300a\u300c\u300e\u3010\u3014"
    "\u3016\u3018\u301a\u301d\ufe17\ufe35\ufe37\ufe39\ufe3b\ufe3d\ufe3f\ufe41\ufe43\ufe47\ufe59"
    "\ufe5b\ufe5d\uff08\uff3b\uff5b\uff5f\uff62"
)
_BEFORE_NUMBERS: Final = "$+\u00a3-\u00a5\u00b1\u20a0-\u20bf\u2116\ufe69\uff04\uffe1\uffe5\uffe6"
_LEADING: Final = "\u00a0\u1100-\u115f\ua960-\ua97c"


def _characters(ranges: str) -> frozenset[str]:
    """With `a-c` for three."""
    return frozenset(
        chr(point)
        for first, last in re.findall("(.)(?:-(.))?", ranges)
        for point in range(ord(first), ord(last or first) + 1)
    )


_BEGINS_NONE: Final = _characters(
    _CLOSING + _ASKING + _NOT_STARTING + _SMALL + _AFTER_NUMBERS + _JOINED
)
_ENDS_NONE: Final = _characters(_OPENING + _BEFORE_NUMBERS + _LEADING)
_PAIRS: Final = {("\u2014", "\u2014"), ("\u2015", "\u2015")}
"""Two dashes that are one."""
