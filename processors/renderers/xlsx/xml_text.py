"""Text within the XML of a sheet (ECMA-376 part 1, 22.9.2.19, ST_Xstring): what XML can't hold is
written `_xHHHH_`, and so is the underscore of a text that looks like that already."""

from __future__ import annotations

import re
from typing import Final

from processors.renderers.copy_text import BACKSLASH
from processors.renderers.frames import Reason
from processors.renderers.values import CellRefused, check_text

ABSENT: Final = b"\0"
"""What null becomes; no text has it."""


def xml_texts(joined: bytes) -> bytes:
    """Cells of COPY text, joined by tabs, as they stand in XML, and null as `ABSENT`; the same
    object where nothing is to be escaped, as mostly."""
    check_text(joined)
    if 0 in joined:
        raise CellRefused(Reason.NUL_CHARACTER)
    joined = joined.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    if b"_x" in joined:
        joined = _LIKE_AN_ESCAPE.sub(b"_x005F_", joined)
    if len(joined.translate(None, _CONTROLS)) != len(joined):
        joined = _CONTROL.sub(lambda found: b"_x%04X_" % ord(found[0]), joined)
    if _NONCHARACTERS in joined:
        joined = joined.replace(b"\xef\xbf\xbe", b"_xFFFE_").replace(b"\xef\xbf\xbf", b"_xFFFF_")
    if BACKSLASH in joined:
        joined = _unescaped(joined)
    return joined


_CONTROLS: Final = bytes(code for code in range(32) if code != ord("\t"))
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")
_NONCHARACTERS: Final = b"\xef\xbf"
# What follows the digits may become an underscore, so that it is enough to suspect it.
_LIKE_AN_ESCAPE = re.compile(rb"_(?=x[0-9A-Fa-f]{4}[_\\\xef\x00-\x08\x0a-\x1f])")
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_MEANING: Final = {
    b"N": ABSENT,
    b"n": b"&#10;",
    b"r": b"&#13;",  # a reader would make a line feed of a bare one
    b"t": b"&#9;",
    b"b": b"_x0008_",
    b"v": b"_x000B_",
    b"f": b"_x000C_",
}
_MEANINGS: Final = [_MEANING.get(bytes([code]), bytes([code])) for code in range(256)]


def _unescaped(joined: bytes) -> bytes:
    first, *others = joined.split(b"\\")
    if not all(others):  # an escaped backslash: what follows it is no escape
        return _ESCAPE.sub(lambda found: _MEANINGS[ord(found[1])], joined)
    meanings = _MEANINGS
    return b"".join([first, *[meanings[other[0]] + other[1:] for other in others]])
