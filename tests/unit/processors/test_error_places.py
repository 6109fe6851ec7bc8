"""An error is told by its class and its line, wherever it was raised, and never by its words."""

from __future__ import annotations

import pytest

from processors.error_places import described, note_place


def _fail() -> None:
    raise ValueError("Zoë")


def _raised() -> ValueError:
    with pytest.raises(ValueError, match="Zoë") as raised:
        _fail()
    return raised.value


def test_the_line_that_raised_it_is_named() -> None:
    told = described(_raised())
    assert told.startswith("ValueError in tests.unit.processors.test_error_places:")


def test_a_noted_place_outlives_the_frames() -> None:
    error = _raised()
    told = described(error)
    note_place(error)
    assert described(error.with_traceback(None)) == told


def test_an_error_that_was_never_raised_has_no_place() -> None:
    error = ValueError("Zoë")
    note_place(error)
    assert described(error) == "ValueError"
