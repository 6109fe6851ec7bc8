"""The page about events tells of every event and every public field."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.events import Event
from schemas.public import PUBLIC
from schemas.registry import name_of

LINES = (Path(__file__).parents[3] / "docs" / "events.md").read_text().splitlines()


@pytest.mark.parametrize("event", PUBLIC, ids=name_of)
def test_the_page_tells_an_events_public_fields(event: type[Event]) -> None:
    (row,) = [line for line in LINES if line.startswith("|") and f"`{name_of(event)}`" in line]
    assert [field for field in PUBLIC[event] if f"`{field}`" not in row] == []
