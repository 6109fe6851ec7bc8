"""Extracts once: one snapshot of the source is streamed, cut into chunks of whole fragments and
staged sealed in the file store. Each chunk counts as soon as it is recorded, so that others render
it while this goes on. What is to be masked is masked before it is staged: nobody after this ever
sees a plain value (ADR 8).

`extract` runs in a child process and says what it did; the worker makes facts of it.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TypeAlias
from uuid import UUID

import zstandard

from domain import layout
from domain.datasets import Dataset
from domain.masks.masking import Masked, Masking
from domain.ports import Fragment, Rows, SealedFiles, Snapshot
from domain.rows import RowQuery
from domain.streams import Tick
from processors.compiled_masks import compiled_masks
from processors.fault_points import Point, reach
from processors.render_chunks import FileTarget, Rendered, render_first_chunk
from schemas import traces

_ZSTD_LEVEL = 1
_WINDOW = 3
"""Chunks being compressed and stored while the next is read; it bounds the memory."""
_TICK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of one dataset. `masked` are the columns that are staged masked, or have
    something in them that is."""

    dataset: Dataset
    query: RowQuery
    masked: tuple[Masked, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractTask:
    """The questions are one at least, all to one source. No more than `row_cap` rows are staged of
    all together. Targets are rendered straight from memory when everything fits in one chunk."""

    export_id: UUID
    attempt: int
    questions: tuple[Question, ...]
    row_cap: int | None
    fragment_rows: int
    chunk_rows: int
    data_key: bytes
    targets: tuple[FileTarget, ...]

    @property
    def source(self) -> str:
        return self.questions[0].dataset.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    index: int
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRead:
    """One of several questions is answered whole."""

    index: int
    rows: int
    chunks: int
    matched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    rows: int
    chunks: int
    matched: int
    taken_at: datetime


Said: TypeAlias = Staged | SheetRead | Rendered | Tick


def extract(
    task: ExtractTask, rows: Rows, files: SealedFiles, say: Callable[[Said], None]
) -> Extracted:
    """Reads everything in one snapshot. Raises what the ports raise."""
    reading = _Reading(task, files, say)
    first, *others = task.questions
    with rows.snapshot(first.dataset, reading.capped(first.query)) as snapshot:
        read = [reading.sheet(0, first, snapshot)]
        for index, other in enumerate(others, 1):
            beside = snapshot.of(other.dataset, reading.capped(other.query))
            read.append(reading.sheet(index, other, beside))
        return Extracted(
            rows=sum(each.rows for each in read),
            chunks=sum(each.chunks for each in read),
            matched=sum(each.matched for each in read),
            taken_at=snapshot.taken_at,
        )


class _Reading:
    """One question after the other, with the chunks numbered on."""

    def __init__(self, task: ExtractTask, files: SealedFiles, say: Callable[[Said], None]) -> None:
        self._task, self._files, self._say = task, files, say
        self._progress = _Progress(task, say)
        self._chunks_before = 0

    def capped(self, query: RowQuery) -> RowQuery:
        """With what the cap leaves as its limit."""
        left = self._left()
        if left is None:
            return query
        return replace(query, limit=left if query.limit is None else min(left, query.limit))

    def sheet(self, index: int, question: Question, snapshot: Snapshot) -> SheetRead:
        before = self._progress.rows
        chunks = self._stage_all(question, snapshot)
        self._chunks_before += chunks
        rows = self._progress.rows - before
        matched = self._matched(question.query, snapshot, rows)
        read = SheetRead(index=index, rows=rows, chunks=chunks, matched=matched)
        if self._several:
            self._say(read)
        return read

    @property
    def _several(self) -> bool:
        return len(self._task.questions) > 1

    def _left(self) -> int | None:
        cap = self._task.row_cap
        return None if cap is None else cap - self._progress.rows

    def _matched(self, query: RowQuery, snapshot: Snapshot, rows: int) -> int:
        """How many rows the question asks for; counted, in the same snapshot, only if the cap may
        have left some out."""
        if self._left() != 0:
            return rows
        return snapshot.count() if query.limit is None else min(snapshot.count(), query.limit)

    def _stage_all(self, question: Question, snapshot: Snapshot) -> int:
        """Masking and storing run beside reading, up to a few chunks ahead; returns the chunks.
        Nothing is said of the first chunk before there is a second: others would render it too."""
        task, say = self._task, self._say
        masked = question.masked
        masking = Masking(len(question.query.fields), masked, compiled_masks(masked))
        under_way: deque[Future[Staged]] = deque()
        first: Future[list[Fragment]] | None = None
        number = -1
        with ThreadPoolExecutor(1, "stage") as threads:
            for number, chunk in enumerate(_chunks(task, snapshot, self._progress)):
                ready = threads.submit(_masked, masking, chunk)
                first = ready if number == 0 and not self._several else None
                index = self._chunks_before + number
                under_way.append(threads.submit(_spanned, task, self._files, index, ready))
                while len(under_way) > _WINDOW or (
                    number > 0 and under_way and under_way[0].done()
                ):
                    say(under_way.popleft().result())
            rendered = _rendered_at_once(task, first.result(), self._files) if first else []
            while under_way:
                say(under_way.popleft().result())
        for each in rendered:
            say(each)
        return number + 1


def _masked(masking: Masking, chunk: list[Fragment]) -> list[Fragment]:
    return [masking.fragment(fragment) for fragment in chunk]


def _rendered_at_once(
    task: ExtractTask, chunk: list[Fragment], files: SealedFiles
) -> list[Rendered]:
    return [
        render_first_chunk(target, task.export_id, task.attempt, chunk, files)
        for target in task.targets
    ]


def _chunks(task: ExtractTask, snapshot: Snapshot, progress: _Progress) -> Iterator[list[Fragment]]:
    fragments = progress.over(snapshot.fragments(task.fragment_rows))
    while chunk := list(islice(fragments, task.chunk_rows // task.fragment_rows)):
        yield chunk


def _spanned(
    task: ExtractTask, files: SealedFiles, index: int, masked: Future[list[Fragment]]
) -> Staged:
    """The one thread has masked before it comes to this."""
    with traces.span("stage chunk", task.export_id, index=index) as said:
        staged = _stage(task, files, index, masked.result())
        said.update(rows=staged.rows, bytes=staged.size)
    return staged


def _stage(task: ExtractTask, files: SealedFiles, index: int, chunk: list[Fragment]) -> Staged:
    """A staged chunk is one zstd frame per fragment, so that fragments come back as they were."""
    compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_content_size=True)
    compressed = b"".join([compressor.compress(fragment.data) for fragment in chunk])
    reach(Point.STAGE_PUT)
    files.put(layout.staged(task.export_id, task.attempt, index), task.data_key, compressed)
    return Staged(
        index=index,
        rows=sum(fragment.rows for fragment in chunk),
        size=sum(len(fragment.data) for fragment in chunk),
        sha256=hashlib.sha256(compressed).hexdigest(),
    )


class _Progress:
    """Counts what is read, and says so now and then."""

    def __init__(self, task: ExtractTask, say: Callable[[Said], None]) -> None:
        self._task, self._say = task, say
        self._next = time.monotonic() + _TICK_SECONDS
        self.rows = self.size = 0

    def over(self, fragments: Iterator[Fragment]) -> Iterator[Fragment]:
        for fragment in fragments:
            self.rows += fragment.rows
            self.size += len(fragment.data)
            if time.monotonic() >= self._next:
                self._next = time.monotonic() + _TICK_SECONDS
                self._say(self._tick())
            yield fragment

    def _tick(self) -> Tick:
        return Tick(
            export_id=self._task.export_id,
            attempt=self._task.attempt,
            rows=self.rows,
            size=self.size,
            at=datetime.now(UTC),
        )
