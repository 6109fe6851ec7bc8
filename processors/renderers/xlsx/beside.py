"""What a fragment has beside the rows of its own sheet: those of relations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from processors.renderers.zipped import Piece


class Rowed(NamedTuple):
    """A piece of so many rows."""

    piece: Piece
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a fragment has of one relation; `widths` as in its note."""

    widths: tuple[int, ...]
    pieces: tuple[Rowed, ...]

    @property
    def stored(self) -> int:
        """Bytes."""
        return sum(each.piece.stored for each in self.pieces)

    def to_json(self) -> Any:
        pieces = [[p.stored, p.size, p.crc, rows] for p, rows in self.pieces]
        return [self.widths, pieces]


def beside_from_json(json: Any) -> Beside:
    widths, pieces = json
    return Beside(
        widths=tuple(widths),
        pieces=tuple(Rowed(Piece(*numbers), rows) for *numbers, rows in pieces),
    )
