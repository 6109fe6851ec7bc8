"""Changes to the bytes of parts, and parts cut up where something else goes at every export."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum, StrEnum
from xml.sax.saxutils import escape

from domain.workbooks.references import Grown, LastRow


class Said(StrEnum):
    """What a placeholder can say of the export, by its name."""

    TITLE = "waybill.title"
    FILTER = "waybill.filter"
    MASKED = "waybill.masked"
    REQUESTED_BY = "waybill.requested_by"
    REQUESTED_AT = "waybill.requested_at"
    EXPORT = "waybill.export"
    ROWS = "waybill.rows"
    REJECTED = "waybill.rejected"


COUNTS = {Said.ROWS, Said.REJECTED}
"""Those that are numbers."""


class Slot(Enum):
    """What goes between the bytes of a part that is no text: the rows."""

    ROWS = "rows"


Piece = bytes | LastRow | Said | Slot


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands from `start` to `end` instead of what stood there."""

    start: int
    end: int
    pieces: tuple[Piece, ...] = ()


class Edits:
    """Of all parts."""

    def __init__(self) -> None:
        self._of: defaultdict[str, list[Edit]] = defaultdict(list)

    def add(self, part: str, start: int, end: int, *pieces: Piece) -> None:
        self._of[part].append(Edit(start, end, pieces))

    def cut_up(self, parts: dict[str, bytes]) -> dict[str, tuple[Piece, ...]]:
        """The parts in pieces; one that is not edited is one piece, the very same."""
        return {
            name: _cut_up(content, sorted(self._of[name], key=lambda edit: (edit.start, edit.end)))
            if name in self._of
            else (content,)
            for name, content in parts.items()
        }


def written(pieces: Grown) -> tuple[Piece, ...]:
    """As it stands in XML."""
    return tuple(
        escape(piece, {'"': "&quot;"}).encode() if isinstance(piece, str) else piece
        for piece in pieces
    )


def _cut_up(content: bytes, edits: list[Edit]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    done = 0
    for edit in edits:
        if edit.start < done:
            continue  # within what another has taken out
        pieces += [content[done : edit.start], *edit.pieces]
        done = edit.end
    return (*pieces, content[done:])
