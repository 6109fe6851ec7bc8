"""How urgent an export is: a weight in the dispatcher's round, never an absolute order."""

from __future__ import annotations

from enum import StrEnum


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


WEIGHTS: dict[Priority, int] = {Priority.LOW: 1, Priority.NORMAL: 4, Priority.HIGH: 16}
