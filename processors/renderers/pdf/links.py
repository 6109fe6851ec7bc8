"""Addresses in rows that can be clicked: web and mail. (ISO 32000-1, 12.5.6.5 and 12.6.4.7)"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.datasets import FieldType
from domain.formats import PdfOptions
from processors.renderers.frames import Column, PlanUnfit
from processors.renderers.pdf.layout import Place, shown_columns
from processors.renderers.values import Cells


class NoAddresses(PlanUnfit):
    """Only texts can be addresses. Leave other fields out of links."""


class Linked(NamedTuple):
    """A field with links: its place in a row, and its column on the page."""

    number: int
    at: int


class Link(NamedTuple):
    """What can be clicked on a page."""

    left: int
    lower: int
    right: int
    upper: int
    uri: str


def linked(columns: tuple[Column, ...], options: PdfOptions) -> list[Linked]:
    """Raises `NoAddresses`."""
    shown = [column.name for column in shown_columns(columns, options)]
    for column in columns:
        if column.name in options.links and column.type is not FieldType.TEXT:
            raise NoAddresses(f"links names {column.name}, which is no text; leave it out")
    return [
        Linked(number, shown.index(column.name))
        for number, column in enumerate(columns)
        if column.name in options.links
    ]


def addresses(cells: Cells) -> Iterator[tuple[int, str]]:
    """Those among COPY text, with their rows."""
    for row, cell in enumerate(cells):
        if cell[:1] in _BEGINNINGS and _ADDRESS.fullmatch(cell):
            yield row, cell.decode()


def link(place: Place, edges: tuple[int, int], uri: str) -> Link:
    """On a cell of the row that has these upper and lower edges."""
    upper, lower = edges
    return Link(place.left, lower, place.left + place.width, upper, uri)


def annotation(link: Link) -> bytes:
    uri = _ESCAPED.sub(rb"\\\g<0>", link.uri.encode())
    return (
        b"<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[%d %d %d %d]/A<</S/URI/URI(%b)>>>>"
        % (link.left, link.lower, link.right, link.upper, uri)
    )


_BEGINNINGS: Final = (b"h", b"H", b"m", b"M")
_ADDRESS: Final = re.compile(rb"(?:https?://|mailto:)[!-\[\]-~]{1,2000}", re.IGNORECASE)
"""Printable ASCII, as addresses are (RFC 3986); a backslash is none, and would be COPY's escape."""
_ESCAPED: Final = re.compile(rb"[()]")
