"""What a command can end with: a sentence for people and a code for scripts (docs/cli.md)."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """The exit codes. A released one never changes its meaning."""

    OK = 0
    FAILED = 1
    """The export failed, the file is not what its waybill says, something is wrong."""
    USAGE = 2
    """What was asked for makes no sense; ask differently."""
    UNREACHABLE = 3
    """The server, or something it needs, doesn't answer; the same again may work later."""
    UNAUTHORISED = 4
    """No key, a wrong one, or one that may not do this."""
    NOT_FOUND = 5
    """There is no such thing, or not any more."""
    CONFLICT = 6
    """It exists, but this can't be done to it now."""
    BUSY = 7
    """The port or the data directory is in use."""
    TRUNCATED = 8
    """The file is whole up to a cap on rows, and rows are missing behind it."""
    STALLED = 9
    """A consumer hung and could not be replaced: whoever supervises the process starts it again."""
    INTERRUPTED = 130


class Refused(Exception):
    """Ends the command with this sentence and code."""

    def __init__(self, sentence: str, code: Code = Code.FAILED) -> None:
        super().__init__(sentence)
        self.code = code
