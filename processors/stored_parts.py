"""Reads an export's rendered parts back, checked, and some of them ahead of time."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

from domain import layout
from domain.exports.events import ChunkRendered
from domain.ports import FileBroken, SealedFiles
from processors.joining import Chunk
from processors.part_notes import notes_from_json
from processors.render_chunks import FileTarget
from processors.renderers import Frame, Made

_READ_AHEAD = 2
"""Parts: reading and digesting leave the interpreter lock, and at the end other cores are idle."""


class StoredParts:
    """One file's. Raises `FileMissing`, or `FileBroken` for one that isn't what was recorded."""

    def __init__(
        self,
        export_id: UUID,
        target: FileTarget,
        parts: Sequence[ChunkRendered],
        sealed: SealedFiles,
    ) -> None:
        self._export_id, self._target, self._parts = export_id, target, parts
        self._sealed = sealed

    def chunks(self, frame: Frame) -> list[Chunk]:
        return [Chunk(made=self._made(part, frame), sha256=part.sha256) for part in self._parts]

    @contextmanager
    def reading(self) -> Iterator[Callable[[int], bytes]]:
        """Gives a part's data by its number; quickest when asked in order."""
        ahead: deque[tuple[int, Future[bytes]]] = deque()

        def read(number: int) -> bytes:
            while ahead and ahead[0][0] != number:
                ahead.popleft()
            first = ahead[-1][0] + 1 if ahead else number
            for following in range(first, min(number + _READ_AHEAD + 1, len(self._parts))):
                ahead.append((following, threads.submit(self._checked, following)))
            return ahead.popleft()[1].result()

        with ThreadPoolExecutor(_READ_AHEAD, "read ahead") as threads:
            yield read

    def _made(self, part: ChunkRendered, frame: Frame) -> tuple[Made, ...]:
        if not frame.notes:
            return (Made(size=part.size, rows=part.rows, rejected=part.rejected),)
        key = layout.notes(self._export_id, part.attempt, part.file, part.index)
        made = notes_from_json(self._sealed.get(key, self._target.data_key))
        if sum(each.size for each in made) != part.size:
            raise FileBroken(f"{key} is not of the part that was recorded")
        return made

    def _checked(self, number: int) -> bytes:
        part = self._parts[number]
        key = layout.part(self._export_id, part.attempt, part.file, part.index)
        data = self._sealed.get(key, self._target.data_key)
        if len(data) != part.size or hashlib.sha256(data).hexdigest() != part.sha256:
            raise FileBroken(f"{key} is not the part that was recorded")
        return data
