"""What may be kept about an error: its class and the line that raised it.

The text of an error can quote rows of a source, so it is neither stored nor published nor logged,
not even as a digest, as a short text can be guessed. Whoever releases the parked key sees it on
their own screen, as the handler then runs again.
"""

from __future__ import annotations

from dataclasses import dataclass
from traceback import walk_tb
from types import TracebackType


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """`place` is the module and line of the innermost frame."""

    type: str
    place: str


def describe(error: BaseException) -> Failure:
    return Failure(
        type=f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
        place=_place(error.__traceback__),
    )


def _place(trace: TracebackType | None) -> str:
    frames = list(walk_tb(trace))
    if not frames:
        return ""
    frame, line = frames[-1]
    return f"{frame.f_globals.get('__name__', '?')}:{line}"
