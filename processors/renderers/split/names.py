"""What the entries of a zip are called: names that every file system takes, that nobody can use to
leave a folder, and that are different also where letters' case doesn't count.

What a character is follows Unicode 3.2, which every Python has: with its newest tables, two workers
might give an entry two names."""

from __future__ import annotations

import hashlib
from typing import Final
from unicodedata import ucd_3_2_0 as unicode

from processors.renderers.split.shares import Value


class Names:
    """Gives each entry another name, in the order in which they are asked for."""

    def __init__(self, ending: str) -> None:
        self._ending = ending
        self._taken: dict[str, int] = {}

    def of_value(self, field: str, value: Value) -> str:
        """`region=ES.csv`, `region is null.csv`; a second one that reads like it `region=es~2.csv`:
        no value brings a tilde along."""
        if value.text is None:
            return self._free(f"{_safe(field)} is null")
        mark = f"~{value.digest}" if value.digest else ""
        return self._free(f"{_safe(field)}={_safe(value.text)}{mark}")

    def of_number(self, number: int, count: int) -> str:
        """`0001.csv`, so that they sort as they are counted."""
        return f"{number:0{max(4, len(str(count)))}}{self._ending}"

    def _free(self, name: str) -> str:
        key = unicode.normalize("NFKC", name).casefold()
        seen = self._taken[key] = self._taken.get(key, 0) + 1
        return f"{name}{self._ending}" if seen == 1 else f"{name}~{seen}{self._ending}"


_PLAIN: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#$&'()+,-.;@[]_"
)
_MOST_BYTES: Final = 90


def _safe(text: str) -> str:
    """Letters, digits and a few marks as they are, everything else as `%` and its bytes."""
    name = "".join(map(_character, text))
    if len(name.encode()) <= _MOST_BYTES:
        return name
    kept, size = [], 0
    for each in map(_character, text):
        size += len(each.encode())
        if size > _MOST_BYTES:
            break
        kept.append(each)
    return f"{''.join(kept)}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _character(character: str) -> str:
    if character in _PLAIN or (not character.isascii() and unicode.category(character)[0] in "LMN"):
        return character
    return "".join(f"%{byte:02X}" for byte in character.encode())
