"""Work goes on after the database was away: what was done is kept until it can be recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from domain.ports import StoreUnavailable
from processors.children import Stop

Result = TypeVar("Result")

log = logging.getLogger(__name__)

_FIRST, _LONGEST = 0.1, 2.0


def outlast(action: Callable[[], Result], stop: Stop) -> Result:
    """The action's result, however long the store is away. An append whose answer was lost is
    decided again, and the rules know a repeat. Raises `TaskStopped` when nobody wants the result
    any more."""
    pause = _FIRST
    while True:
        try:
            return action()
        except StoreUnavailable:
            if pause == _FIRST:
                log.warning("the store is away; what was done is recorded when it is back")
        stop.wait(pause)
        pause = min(2 * pause, _LONGEST)
