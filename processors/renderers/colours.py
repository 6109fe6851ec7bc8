"""What is seen on a colour that an option chose: headers and covers of every format go by one
rule."""

from __future__ import annotations


def takes_black(colour: str) -> bool:
    """Whether black is seen better than white on #rrggbb (WCAG 2.2, relative luminance)."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    luminance: float = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return luminance > 0.18
