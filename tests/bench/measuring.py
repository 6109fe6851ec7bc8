"""Times and what is said of them. Machines are noisy, so what is compared is measured in turn and
told as a ratio of neighbours."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def timed(action: Callable[[], Any]) -> float:
    """Seconds."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def in_turn(rounds: int, actions: Mapping[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """The seconds of each action in each round, one action after the other in every round."""
    found: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            found[name].append(timed(action))
    return found


def ratio(seconds: Sequence[float], limits: Sequence[float]) -> float:
    """The median of how many times the limit of the same round it took."""
    return statistics.median(a / b for a, b in zip(seconds, limits, strict=False))


def both_sides(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """The mean of each two: what stands on both sides of something slow tells how fast the machine
    was meanwhile better than either does."""
    return [statistics.mean(pair) for pair in zip(before, after, strict=True)]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them doesn't exceed."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]


def in_seconds(seconds: float) -> str:
    return f"{seconds:.2f}"


def in_milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f}"


def met(is_met: bool) -> str:
    return "met" if is_met else "missed"
