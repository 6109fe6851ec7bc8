"""Which texts can be a PDF's password: those that open it in every reader.

ISO 32000-2, 7.6.4.3.3 has a password prepared by SASLprep (RFC 4013) and cut off after 127 bytes of
UTF-8. Some readers do neither, and would not open what was encrypted with what came of that; so a
password is refused that preparing would change or cut.
"""

from __future__ import annotations

import stringprep
from typing import Final
from unicodedata import ucd_3_2_0 as unicode_3_2

LEAST: Final = 8
"""Characters: NIST SP 800-63B-3, 5.1.1.2."""
MOST: Final = 127
"""Bytes of UTF-8."""


class PasswordInvalid(ValueError):
    """The message says what is wrong, and never quotes."""


def check_password(text: str) -> str:
    """The same text. Raises `PasswordInvalid`."""
    if len(text) < LEAST:
        raise PasswordInvalid(f"must have at least {LEAST} characters")
    if len(text.encode("utf-8", "surrogatepass")) > MOST:
        raise PasswordInvalid(f"must have at most {MOST} bytes in UTF-8")
    if any(map(_prohibited, text)):
        raise PasswordInvalid("must have no control characters, and none for private use")
    if any(map(stringprep.in_table_a1, text)):
        raise PasswordInvalid("must have no characters newer than Unicode 3.2, such as most emoji")
    if _prepared(text) != text:
        raise PasswordInvalid(
            "must have no characters that some programs replace: write an accented letter as one "
            "character, a plain space, no full-width letters and nothing that doesn't show"
        )
    if not _goes_one_way(text):
        raise PasswordInvalid(
            "must begin and end with letters from right to left and have no others, if it has any"
        )
    return text


def _prohibited(character: str) -> bool:
    """RFC 4013, 2.3, but for spaces, which preparing replaces."""
    return any(table(character) for table in _PROHIBITED)


_PROHIBITED: Final = (
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def _prepared(text: str) -> str:
    """RFC 4013, 2.1 and 2.2."""
    mapped = (
        " " if stringprep.in_table_c12(each) else each
        for each in text
        if not stringprep.in_table_b1(each)
    )
    return unicode_3_2.normalize("NFKC", "".join(mapped))


def _goes_one_way(text: str) -> bool:
    """RFC 3454, 6."""
    if not any(map(stringprep.in_table_d1, text)):
        return True
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return ends and not any(map(stringprep.in_table_d2, text))
