"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

_STEP = 1000
_MINUTE = 60
_HOUR = 3600


def count(number: int) -> str:
    return f"{number:,}"


def size(number: int) -> str:
    """Decimal units, as disks and networks count."""
    value, units = float(number), ["B", "kB", "MB", "GB", "TB"]
    while value >= _STEP and len(units) > 1:
        value /= _STEP
        units.pop(0)
    return f"{number} B" if units[0] == "B" else f"{value:.1f} {units[0]}"


def duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def moment(text: str | None) -> str:
    """An instant of the API in this machine's time zone, to the second."""
    if text is None:
        return "-"
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def share(fraction: float) -> str:
    """Never 100 % before it is all."""
    return f"{int(fraction * 100)} %"


def mask(field: dict[str, Any]) -> str:
    """What becomes of a field's values: the method, and which options it has; empty for nothing."""
    said = field.get("mask")
    if not said:
        return ""
    options = [f"{name} {value}" for name, value in said.items() if name != "method" and value]
    words = " ".join([said["method"], ", ".join(options)]).strip()
    return f"{words}, required" if field.get("mask_required") else words
