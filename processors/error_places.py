"""What may be logged about an error: its class and the line that raised it. Its words can quote
rows of a source, so they have no place in a log."""

from __future__ import annotations

from traceback import walk_tb


def described(error: BaseException) -> str:
    """Such as `ValueError in processors.stage_rows:120`."""
    return f"{type(error).__name__}{_raised_in(error)}"


def note_place(error: BaseException) -> None:
    """Keeps the place with the error, for when its frames are left behind in another process."""
    if place := _raised_in(error):
        error.__notes__ = [place]


def _raised_in(error: BaseException) -> str:
    frames = list(walk_tb(error.__traceback__))
    if noted := [str(note) for note in getattr(error, "__notes__", ())]:
        return noted[0]
    if not frames:
        return ""
    frame, line = frames[-1]
    return f" in {frame.f_globals.get('__name__', '?')}:{line}"
