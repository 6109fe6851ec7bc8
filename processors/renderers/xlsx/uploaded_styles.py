"""Styles for the cells of an uploaded workbook: those that it has, and where one shows numbers as
Excel chooses, another like it with the number format of the field. None that is there changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from domain.workbooks.book import number
from domain.workbooks.packages import MOST_ELEMENTS
from domain.workbooks.xml_places import Element, read_xml

GENERAL: Final = "General"


@dataclass(frozen=True, slots=True)
class Styled:
    """The part of the styles, and the number of each field's."""

    part: bytes
    numbers: tuple[int, ...]


def styled(part: bytes, wanted: Sequence[tuple[int, str]]) -> Styled:
    """`wanted` are the style of each field's placeholder and the number format of its values."""
    styles = _Styles(part)
    numbers = tuple(styles.with_format(style, code) for style, code in wanted)
    return Styled(styles.written(), numbers)


_FIRST_CUSTOM: Final = 164
"""Lower numbers are Excel's own formats (ECMA-376 part 1, 18.8.30)."""


class _Styles:
    def __init__(self, part: bytes) -> None:
        self._part = part
        self._root = read_xml(part, "styles", MOST_ELEMENTS)
        self._formats = self._root.first("numFmts")
        self._cells = next(self._root.named("cellXfs"))
        known = self._formats.children if self._formats is not None else []
        self._codes = {
            each.attributes.get("formatCode", ""): number(each.attributes.get("numFmtId", "0"))
            for each in known
        }
        self._new_codes: list[bytes] = []
        self._made: dict[tuple[int, str], int] = {}
        self._new_styles: list[bytes] = []

    def with_format(self, style: int, code: str) -> int:
        """The style itself where it has a number format already."""
        element = self._cells.children[style]
        if code == GENERAL or number(element.attributes.get("numFmtId", "0")) != 0:
            return style
        if (style, code) not in self._made:
            self._made[style, code] = len(self._cells.children) + len(self._new_styles)
            self._new_styles.append(self._like(element, self._code(code)))
        return self._made[style, code]

    def written(self) -> bytes:
        """From behind, so that places stay true."""
        if not self._new_styles:
            return self._part
        part = _appended(self._part, self._cells, self._new_styles)
        formats = self._formats
        if not self._new_codes:
            return part
        if formats is not None and formats.children:
            return _appended(part, formats, self._new_codes)
        codes = b"".join(self._new_codes)
        made = b'<numFmts count="%d">%b</numFmts>' % (len(self._new_codes), codes)
        at = self._root.inner  # they come first, also instead of an element without any
        return part[:at] + made + part[at if formats is None else formats.end :]

    def _code(self, code: str) -> int:
        if code not in self._codes:
            self._codes[code] = max([_FIRST_CUSTOM - 1, *self._codes.values()]) + 1
            said = quoteattr(code, {'"': "&quot;"})
            self._new_codes.append(
                f'<numFmt numFmtId="{self._codes[code]}" formatCode={said}/>'.encode()
            )
        return self._codes[code]

    def _like(self, element: Element, code: int) -> bytes:
        xml = self._part[element.start : element.end]
        edits = {"numFmtId": b"%d" % code, "applyNumberFormat": b"1"}
        spans = [
            (*element.attribute_span(self._part, name), name)
            for name in edits
            if name in element.attributes
        ]
        for start, end, _ in sorted(spans, reverse=True):
            xml = xml[: start - element.start] + xml[end - element.start :]
        said = b"".join(b' %b="%b"' % (name.encode(), value) for name, value in edits.items())
        return xml[: len(b"<xf")] + said + xml[len(b"<xf") :]


def _appended(part: bytes, element: Element, added: Sequence[bytes]) -> bytes:
    """`element` has children, and says how many if it says so."""
    part = part[: element.inner_end] + b"".join(added) + part[element.inner_end :]
    if "count" not in element.attributes:
        return part
    start, end = element.value_span(part, "count")
    return part[:start] + b"%d" % (len(element.children) + len(added)) + part[end:]
