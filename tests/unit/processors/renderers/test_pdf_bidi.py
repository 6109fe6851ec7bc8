"""The order of mixed text: cases of UAX #9 by rule, and that the characters that the fonts have are
of the same kinds in every Python, as bytes depend on them."""

from __future__ import annotations

import hashlib
from unicodedata import bidirectional, category, normalize

import pytest

from processors.renderers.pdf.bidi import base_level, visual_runs
from processors.renderers.pdf.faces import shipped_faces
from processors.renderers.pdf.newer_characters import is_newer


def _display(text: str) -> str:
    runs = visual_runs(text)
    return "".join(text[a:b][::-1] if level % 2 else text[a:b] for a, b, level in runs)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc", "abc"),
        ("אבג", "גבא"),
        ("abc אבג def", "abc גבא def"),
        ("אבג abc דהו", "והד abc גבא"),
        ("אבג 123 דהו", "והד 123 גבא"),
        ("אבג 1,234.56", "1,234.56 גבא"),
        ("سعر 50%", "%50 رعس"),
        ("אבג 50%", "50% גבא"),
        ("abc (אבג) def", "abc (גבא) def"),
        ("אבג (abc)", ")abc( גבא"),
        ("אבג  ", "  גבא"),
    ],
)
def test_a_line_is_put_in_the_order_it_is_seen_in(text: str, shown: str) -> None:
    assert _display(text) == shown


@pytest.mark.parametrize(("text", "level"), [("12 a", 0), ("12 א", 1), ("(ع", 1), ("", 0)])
def test_the_first_letter_gives_the_direction(text: str, level: int) -> None:
    assert base_level(text) == level


def test_every_python_has_the_same_directions_for_the_characters_that_can_be_drawn() -> None:
    kinds = "".join(f"{each}{bidirectional(each)}" for each in sorted(shipped_faces().face))
    assert hashlib.sha256(kinds.encode()).hexdigest()[:16] == "5c7a21c806c1127b"


def test_every_python_knows_the_same_of_the_characters_that_added_fonts_may_have() -> None:
    """Ideographs are letters from left to right, whichever of them a Python knows."""
    digest = hashlib.sha256()
    for character in map(chr, (*range(0xD800), *range(0xE000, 0x110000))):
        if not is_newer(character):
            kind = "L" if ord(character) in range(0x20000, 0x3FFFE) else category(character)[0]
            direction = bidirectional(character) or "L"
            known = f"{ord(character):x}{direction}{kind}{normalize('NFKC', character)}"
            digest.update(known.encode())
    assert digest.hexdigest()[:16] == "3c544afeb02d3d0c"
