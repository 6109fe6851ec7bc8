"""Lets a child keep what it frees for its next buffers.

Its work is buffers of megabytes, one after the other. By default glibc fetches each from the kernel
and gives it back at once, and the kernel clears every page anew: reading a sealed part cost three
times as much, rendering a tenth more. What is kept is bounded, and small beside what a child may
hold (`children.MOST_MEMORY`)."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Final

_LARGEST_KEPT: Final = 64 * 1024 * 1024
_MOST_KEPT: Final = 96 * 1024 * 1024

# From glibc's malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8


def keep_freed_memory() -> None:
    """For the whole process; nothing happens where the C library is another one."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)
        mallopt(_M_ARENA_MAX, 1)  # the interpreter lock lets one thread allocate at a time anyway
