"""What is kept of a chunk's parts beside their data, for formats that need it to put the file
together."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence

from processors.renderers import Made, Part


def made_of(part: Part) -> Made:
    return Made(size=len(part.data), rows=part.rows, rejected=len(part.rejected), note=part.note)


def notes_to_json(made: Sequence[Made]) -> bytes:
    """The same parts give the same bytes."""
    rows = [[m.size, m.rows, m.rejected, b64encode(m.note).decode()] for m in made]
    return json.dumps(rows, separators=(",", ":")).encode()


def notes_from_json(text: bytes) -> tuple[Made, ...]:
    """Reads what `notes_to_json` wrote."""
    return tuple(
        Made(size=size, rows=rows, rejected=rejected, note=b64decode(note))
        for size, rows, rejected, note in json.loads(text)
    )
