"""Rendering by Python alone, and by the compiled kernel with Python for what is odd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import pytest

from processors.kernel import SWITCH, kernel
from processors.renderers import prepare


class By(StrEnum):
    PYTHON = "off"
    KERNEL = "on"


@contextmanager
def rendering(by: By) -> Iterator[None]:
    """What is prepared in this block renders so, and nothing that was prepared before is used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH, by)
        if by is By.KERNEL:
            assert kernel() is not None, "there is no kernel to be tested: make kernel"
        prepare.cache_clear()
        try:
            yield
        finally:
            prepare.cache_clear()
