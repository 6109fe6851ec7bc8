"""Cells of a sheet, column by column. A column's ordinary cells differ in their values only, and
what stands around them is the row template's; as soon as one differs, each is written out.

Cells have no references: they follow each other (ECMA-376 part 1, 18.3.1.4), so that a fragment
needn't know its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.xlsx_options import LongText
from processors.renderers.copy_text import NULL, TAB, unescape
from processors.renderers.frames import Reason
from processors.renderers.row_templates import Slot
from processors.renderers.values import CellRefused, Cells, check_text
from processors.renderers.xlsx.xml_text import ABSENT, xml_texts

LONGEST: Final = 32_767
"""UTF-16 units in a cell."""
CUT_MARK: Final = " […]"

ColumnWriter = Callable[[Cells], Slot]
Inner = Callable[[Cells], Cells | None]
"""What ordinary values, free of nulls, are within their cells; None if one is not ordinary."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What stands around the values of one column, given the style of its cells."""

    style: bytes
    null: bytes
    on_long_text: LongText

    @property
    def number(self) -> tuple[bytes, bytes]:
        return b"<c%b><v>" % self.style, b"</v></c>"

    @property
    def boolean(self) -> tuple[bytes, bytes]:
        return b'<c%b t="b"><v>' % self.style, b"</v></c>"

    @property
    def text(self) -> tuple[bytes, bytes]:
        before = b'<c%b t="inlineStr"><is><t xml:space="preserve">' % self.style
        return before, b"</t></is></c>"

    @property
    def link(self) -> tuple[bytes, bytes, bytes]:
        """Before an address, between it and what is shown, and after that."""
        before = b'<c%b t="str"><f>HYPERLINK("' % self.style
        return before, b'")</f><v>', b"</v></c>"


def tags_of(style: int, null_text: str, on_long_text: LongText) -> Tags:
    """Style 0 is the default, which is not said."""
    said = b' s="%d"' % style if style else b""
    plain = Tags(said, b"<c%b/>" % said, on_long_text)
    if not null_text:
        return plain
    before, after = plain.text
    return Tags(said, before + xml_texts(null_text.encode()) + after, on_long_text)


def text_writer(tags: Tags) -> ColumnWriter:
    """Writes texts, whatever is in them; nothing in them is ever run."""
    before, after = tags.text
    null, long = tags.null, tags.on_long_text

    def write(column: Cells) -> Slot:
        joined = TAB.join(column)
        if _may_be_long(joined):
            column = [_fitting(cell, long) for cell in column]
            joined = TAB.join(column)
        escaped = xml_texts(joined)
        texts = column if escaped is joined else escaped.split(TAB)
        if NULL not in joined:
            return Slot(texts, before, after)
        return Slot([before + t + after if t != ABSENT else null for t in texts], b"", b"")

    return write


def ordinary_writer(tags: Tags, around: tuple[bytes, bytes], inner: Inner) -> ColumnWriter:
    """Writes values by `inner` as far as they are ordinary, and as texts where they are not."""
    before, after = around
    write_texts = text_writer(tags)
    null = tags.null

    def write(column: Cells) -> Slot:
        if NULL in column:
            present = [cell for cell in column if cell != NULL]
            written = inner(present) if present else present
        else:
            present, written = column, inner(column)
        if written is None:
            return Slot([one(cell) for cell in column], b"", b"")
        if present is column:
            return Slot(written, before, after)
        following = iter(written)
        return Slot(
            [null if cell == NULL else before + next(following) + after for cell in column],
            b"",
            b"",
        )

    def one(cell: bytes) -> bytes:
        if cell == NULL:
            return null
        written = inner([cell])
        if written is not None:
            return before + written[0] + after
        text = write_texts([cell])
        return text.before + text.cells[0] + text.after

    return write


def cut_to_cell(text: str) -> str:
    """As much of a text as a cell holds; what is cut off leaves a mark."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST:
        return text
    kept = units[: 2 * (LONGEST - len(CUT_MARK))].decode("utf-16-le", errors="ignore")
    return kept + CUT_MARK


_WINDOW: Final = LONGEST // 2


def _may_be_long(joined: bytes) -> bool:
    """Whether a cell may have more bytes than a cell can have units: such a one covers a whole
    window. Texts have no fewer bytes than units."""
    return any(
        joined.find(TAB, start, start + _WINDOW) < 0
        for start in range(0, len(joined) - _WINDOW + 1, _WINDOW)
    )


def _fitting(cell: bytes, long: LongText) -> bytes:
    if len(cell) <= LONGEST:
        return cell
    check_text(cell)
    text = unescape(cell).decode()
    kept = cut_to_cell(text)
    if kept == text:
        return cell
    if long is LongText.REJECT:
        raise CellRefused(Reason.CELL_TOO_LONG)
    return kept.translate(_AS_COPY_TEXT).encode()


_AS_COPY_TEXT: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
