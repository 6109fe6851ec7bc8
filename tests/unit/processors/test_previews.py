"""Previews in child processes: bounded in number and in time, and refused in words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from domain.exports.events import PlannedColumn
from domain.formats import parse_format
from domain.ports import Fragment
from domain.previews import (
    PreviewAsked,
    PreviewsBusy,
    PreviewTooSlow,
    PreviewUnfit,
    RowLeftOut,
)
from processors.previews import ChildPreviews
from tests.made_fonts import Made, saved


def asked(data: bytes = b"1\n", **format_: Any) -> PreviewAsked:
    return PreviewAsked(
        spec=parse_format({"format": "csv", **format_}),
        columns=(PlannedColumn(name="a", label="Ä", type="text"),),
        rows=Fragment(rows=data.count(b"\n"), data=data),
        title="Things",
        filter="",
        requested_by=UUID(int=1),
        requested_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def previews() -> Iterator[ChildPreviews]:
    found = ChildPreviews(1, patience=0.0)
    yield found
    found.close()


def test_a_child_renders_what_is_asked_and_says_what_it_cant(previews: ChildPreviews) -> None:
    found = previews.render(asked(b"1\n\xff\n"))
    assert found.file == "Ä\r\n1\r\n".encode()
    assert (found.rows, found.rejected) == (
        1,
        (RowLeftOut(row=1, field="a", reason="not-utf-8"),),
    )
    with pytest.raises(PreviewUnfit, match="a label has a character that us-ascii lacks"):
        previews.render(asked(options={"encoding": "us-ascii"}))


def test_a_preview_is_drawn_with_the_fonts_that_exports_have(tmp_path: Path) -> None:
    fonts = saved(tmp_path, Made(characters="漢字"))
    wanted = replace(asked("漢字\n仮名\n".encode()), spec=parse_format({"format": "pdf"}))
    with closing(ChildPreviews(1, fonts=fonts)) as previews:
        found = previews.render(wanted)
    assert (found.rows, [each.reason for each in found.rejected]) == (1, ["no-glyph"])
    Path(fonts[0].path).unlink()
    with closing(ChildPreviews(1, fonts=fonts)) as previews, pytest.raises(PreviewUnfit) as refused:
        previews.render(wanted)
    assert "start every process" in str(refused.value)


def test_what_takes_too_long_is_ended_and_the_next_one_is_done(previews: ChildPreviews) -> None:
    slow = ChildPreviews(1, seconds=0.0)
    with pytest.raises(PreviewTooSlow):
        slow.render(asked())
    slow.close()
    assert previews.render(asked()).rows == 1


def test_more_than_there_are_places_for_are_turned_away(previews: ChildPreviews) -> None:
    begun, end = threading.Event(), threading.Event()

    class Waiting:
        def run(self, *_: Any) -> None:
            begun.set()
            end.wait(10)

        def close(self) -> None: ...

    previews._tasks._children = Waiting()  # type: ignore[assignment] # stands in for processes
    thread = threading.Thread(target=previews.render, args=(asked(),))
    thread.start()
    assert begun.wait(10)
    with pytest.raises(PreviewsBusy):
        previews.render(asked())
    end.set()
    thread.join()


def test_what_never_rendered_has_nothing_to_close() -> None:
    ChildPreviews().close()
