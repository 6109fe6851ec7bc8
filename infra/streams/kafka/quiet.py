"""Keeps Kafka's clients from filling the log: a broker that is away for a minute makes thousands of
the same lines. What matters of it our own lines and gauges say."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_EVERY = 30.0

_REPEATING = (  # a filter sees its own logger's records only, not those of the ones below it
    "aiokafka",
    "aiokafka.cluster",
    "aiokafka.conn",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
)
_CHATTY = ("faust", "mode")


class Once(logging.Filter):
    """Lets a message through once in `every` seconds, whatever its arguments, and says how many
    were held back."""

    def __init__(self, every: float = _EVERY, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._every = every
        self._clock = clock
        self._said_at: dict[tuple[str, str], float] = {}
        self._held_back: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key = record.name, str(record.msg)
        now = self._clock()
        if now - self._said_at.get(key, float("-inf")) < self._every:
            self._held_back[key] = self._held_back.get(key, 0) + 1
            return False
        self._said_at[key] = now
        if held_back := self._held_back.pop(key, 0):
            record.msg = f"{record.msg} (and {held_back} more like it)"
        return True


_ONCE = Once()


def quieten() -> None:
    """Idempotent. Levels that somebody has set stay."""
    for name in _REPEATING:
        logging.getLogger(name).addFilter(_ONCE)
    for name in _CHATTY:
        logger = logging.getLogger(name)
        logger.setLevel(logger.level or logging.WARNING)
