"""A renderer's file from its parts, put together as an assembly does it, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from domain.formats import Compression
from processors.joining import Chunk, Fresh, Joining
from processors.part_notes import made_of, notes_from_json, notes_to_json
from processors.renderers import Frame, Part


def joined(frame: Frame, *chunks: Sequence[Part]) -> bytes:
    """Each chunk is its parts in order."""
    data = [b"".join(part.data for part in chunk) for chunk in chunks]
    joining = joining_of(frame, chunks, data)
    file = b"".join(
        piece.data
        if isinstance(piece, Fresh)
        else data[piece.chunk][piece.start : piece.start + piece.size]
        for piece in joining.pieces()
    )
    assert len(file) == joining.size == sum(share.bytes for share in joining.shares)
    return file


def joining_of(frame: Frame, chunks: Sequence[Sequence[Part]], data: Sequence[bytes]) -> Joining:
    made = [Chunk(made=notes_from_json(notes_to_json([made_of(p) for p in c]))) for c in chunks]
    return Joining(frame, made, data.__getitem__, Compression.NONE)
