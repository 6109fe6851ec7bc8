"""The renderers' contract on every format with every compression."""

from __future__ import annotations

import pytest

from tests.contract.renderers_cases import CASES
from tests.contract.renderers_contract import RendererContract


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestRenderers(RendererContract):
    """A format joins by a case of its own in `renderers_cases`."""
