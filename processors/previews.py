"""Files tried out on a few rows, by the code that makes those of exports, in child processes: a
renderer holds the interpreter, and one that takes too long can only be ended with its process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from domain.fonts import Fonts
from domain.masks import masked_columns
from domain.previews import (
    Preview,
    PreviewAsked,
    PreviewsBusy,
    PreviewTooSlow,
    PreviewUnfit,
    RowLeftOut,
)
from processors.child_life import Emit
from processors.children import Children, Stop, TaskStopped
from processors.joining import Chunk, Fresh, Joining
from processors.part_notes import made_of
from processors.planned_columns import column_of
from processors.renderers import Facts, PlanUnfit, RenderPlan, prepare

PLACES: Final = 2
SECONDS: Final = 20.0
"""That a preview may take, once it has begun."""
PATIENCE: Final = 2.0
"""Seconds that one waits for a place."""

_NO_EXPORT: Final = UUID(int=0)


class ChildPreviews:
    """Satisfies `domain.previews.Previews`. The first preview starts the first child: most
    processes never need one. `preload` is what the server that children are forked from loads;
    a process has one, so that beside workers it must be theirs. `fonts` are those that PDFs have
    further, as exports'."""

    def __init__(
        self,
        places: int = PLACES,
        *,
        seconds: float = SECONDS,
        patience: float = PATIENCE,
        preload: tuple[str, ...] = ("processors.previews",),
        fonts: Fonts = (),
    ) -> None:
        self._places, self._seconds, self._patience = places, seconds, patience
        self._preload, self._fonts = preload, fonts
        self._free = threading.BoundedSemaphore(places)
        self._starting = threading.Lock()
        self._children: Children | None = None

    def render(self, asked: PreviewAsked) -> Preview:
        if not self._free.acquire(timeout=self._patience):
            raise PreviewsBusy
        try:
            return self._rendered(asked)
        finally:
            self._free.release()

    def close(self) -> None:
        with self._starting:
            if self._children is not None:
                self._children.close()

    def _rendered(self, asked: PreviewAsked) -> Preview:
        stop = Stop()
        late = threading.Timer(self._seconds, stop)
        late.start()
        try:
            found: Preview = self._started().run(asked, _nothing, stop)
        except TaskStopped:
            raise PreviewTooSlow from None
        finally:
            late.cancel()
        return found

    def _started(self) -> Children:
        with self._starting:
            if self._children is None:
                self._children = Children(
                    self._places,
                    preview_work,
                    self._fonts,
                    [*self._preload],
                    name="wb-preview",
                )
            return self._children


def preview_work(fonts: Fonts) -> Callable[[Any, Emit], Preview]:
    """What a child does."""
    return lambda asked, emit: preview(asked, fonts)


def preview(asked: PreviewAsked, fonts: Fonts = ()) -> Preview:
    """The file as an export of these rows alone would have it. Raises `PreviewUnfit`."""
    try:
        return _made(asked, fonts)
    except PlanUnfit as unfit:
        raise PreviewUnfit(str(unfit)) from unfit


def _made(asked: PreviewAsked, fonts: Fonts) -> Preview:
    frame = prepare(_plan(asked, fonts))
    part = frame.render(asked.rows)
    chunk = Chunk(made=(made_of(part),))
    joining = Joining(frame, [chunk], lambda _: part.data, asked.spec.compression)
    return Preview(
        file=b"".join(
            piece.data if isinstance(piece, Fresh) else part.data[piece.start :][: piece.size]
            for piece in joining.pieces()
        ),
        rows=part.rows,
        rejected=tuple(
            RowLeftOut(row=each.row, field=each.field, reason=each.reason.value)
            for each in part.rejected
        ),
    )


def _plan(asked: PreviewAsked, fonts: Fonts) -> RenderPlan:
    return RenderPlan(
        spec=asked.spec,
        columns=tuple(map(column_of, asked.columns)),
        facts=Facts(
            export_id=_NO_EXPORT,
            title=asked.title,
            filter=asked.filter,
            requested_by=asked.requested_by,
            requested_at=asked.requested_at,
            masked=masked_columns((each.label, each.mask) for each in asked.columns),
        ),
        order=asked.order,
        fonts=fonts,
    )


def _nothing(_: Any) -> None:
    return
