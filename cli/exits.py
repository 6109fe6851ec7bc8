"""What a command can end with: a sentence for people and a code for scripts (docs/cli.md)."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """The exit codes. A released one never changes its meaning."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    UNAUTHORISED = 4
    NOT_FOUND = 5
    CONFLICT = 6
    BUSY = 7
    INTERRUPTED = 130


class Refused(Exception):
    """Ends the command with this sentence and code."""

    def __init__(self, sentence: str, code: Code = Code.FAILED) -> None:
        super().__init__(sentence)
        self.code = code
