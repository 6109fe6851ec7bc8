"""Cells that are links. A list of links, as Excel keeps it beside the cells, ends at 65,530 on a
sheet and names each cell's place; a formula does neither, and carries the text that it shows.

What becomes part of a formula has no quote, no blank and no letter beyond ASCII: anything else in
such a field stays the text that it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from domain.datasets import FieldType
from processors.renderers.frames import Column, PlanUnfit
from processors.renderers.row_templates import Slot
from processors.renderers.values import Cells
from processors.renderers.xlsx.cells import ColumnWriter, Tags, text_writer
from processors.renderers.xlsx.xml_text import xml_texts


class LinkUnfit(PlanUnfit):
    """Links are asked for in a field that holds no texts."""


def check_links(names: Sequence[str], columns: Sequence[Column]) -> None:
    """Raises `LinkUnfit`."""
    types = {column.name: column.type for column in columns}
    for name in names:
        if types[name] is not FieldType.TEXT:
            raise LinkUnfit(f"links names {name}, which is {types[name]}; only texts can be links")


def link_writer(text: Tags, link: Tags) -> ColumnWriter:
    """Writes what is an address of the web or of mail as a link, and the rest as `text`."""
    write_texts = text_writer(text)
    before, between, after = link.link

    def write(column: Cells) -> Slot:
        texts = write_texts(column)
        if not any(map(_is_link, column)):
            return texts
        return Slot(
            [
                linked(cell) if _is_link(cell) else texts.before + shown + texts.after
                for cell, shown in zip(column, texts.cells, strict=True)
            ],
            b"",
            b"",
        )

    def linked(cell: bytes) -> bytes:
        address = xml_texts(cell)
        return before + address + between + address + after

    return write


_LONGEST: Final = 255
"""Characters of a text in a formula."""
_LINK: Final = re.compile(
    rb"(?i:https?://|mailto:)[A-Za-z0-9][-A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%]*",
)
_LIKE_AN_ESCAPE: Final = re.compile(rb"_x[0-9A-Fa-f]{4}_")


def _is_link(cell: bytes) -> bool:
    return (
        len(cell) <= _LONGEST
        and _LINK.fullmatch(cell) is not None
        and _LIKE_AN_ESCAPE.search(cell) is None
    )
