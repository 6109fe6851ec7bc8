"""The package `waybill-kernel` (docs/kernel.md), where it is installed: code that does what modules
here and in `domain/masks/` do, sooner, byte for byte the same. Nothing depends on it but the time.

It does what is ordinary, and leaves each row in which something is not to Python."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Final

VERSION: Final = 2
"""Of what a kernel must understand."""

SWITCH: Final = "WAYBILL_KERNEL"
"""The environment's variable that is `off` where all is to be done by Python."""


def kernel() -> ModuleType | None:
    """The compiled code, if it is there, wanted, and of this release."""
    if os.environ.get(SWITCH, "").lower() == "off":
        return None
    try:
        import waybill_kernel
    except ImportError:
        return None
    return waybill_kernel if waybill_kernel.VERSION == VERSION else None
