"""Files tried out on a few rows, by the code that makes those of exports, in child processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from domain.fonts import Fonts
from domain.planned_masks import masked_words
from domain.previews import (
    Preview,
    PreviewAsked,
    PreviewsBusy,
    PreviewTooSlow,
    PreviewUnfit,
    RowLeftOut,
)
from processors.child_life import Emit
from processors.children import TaskStopped
from processors.joining import Chunk, Fresh, Joining
from processors.part_notes import made_of
from processors.planned_columns import column_of
from processors.renderers import Facts, PlanUnfit, RenderPlan, prepare
from processors.short_tasks import PATIENCE, PLACES, PRELOAD, SECONDS, PlacesTaken, ShortTasks

_NO_EXPORT: Final = UUID(int=0)


class ChildPreviews:
    """Satisfies `domain.previews.Previews`. `preload` is what the server that children are forked
    from loads; beside workers it must be theirs. `fonts` are those that PDFs have further, as
    exports'."""

    def __init__(
        self,
        places: int = PLACES,
        *,
        seconds: float = SECONDS,
        patience: float = PATIENCE,
        preload: tuple[str, ...] = PRELOAD,
        fonts: Fonts = (),
    ) -> None:
        self._tasks = ShortTasks(
            preview_work,
            fonts,
            places,
            name="wb-preview",
            seconds=seconds,
            patience=patience,
            preload=preload,
        )

    def render(self, asked: PreviewAsked) -> Preview:
        try:
            found: Preview = self._tasks.run(asked)
        except PlacesTaken:
            raise PreviewsBusy from None
        except TaskStopped:
            raise PreviewTooSlow from None
        return found

    def close(self) -> None:
        self._tasks.close()


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
            masked=masked_words(asked.columns),
        ),
        order=asked.order,
        fonts=fonts,
    )
