"""An error is told by its class and its line, wherever it was raised, and never by its words."""

from __future__ import annotations

from processors.error_places import described, note_place


def _raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as raised:  # noqa: BLE001 - it is what is looked at
        return raised


def test_the_line_that_raised_it_is_named() -> None:
    told = described(_raised(ValueError("Zoë")))
    assert told.startswith("ValueError in tests.unit.processors.test_error_places:")


def test_a_noted_place_outlives_the_frames() -> None:
    error = _raised(ValueError("Zoë"))
    told = described(error)
    note_place(error)
    assert described(error.with_traceback(None)) == told


def test_an_error_that_was_never_raised_has_no_place() -> None:
    error = ValueError("Zoë")
    note_place(error)
    assert described(error) == "ValueError"
