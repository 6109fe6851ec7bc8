"""The renderers' contract on every format that is text with every compression."""

from __future__ import annotations

import pytest

from domain.formats import Format
from tests.contract.renderers_cases import CASES
from tests.contract.renderers_contract import RendererContract

TEXT = [case for case in CASES if case.spec.format in {Format.CSV, Format.NDJSON, Format.JSON}]


@pytest.mark.parametrize("case", TEXT, ids=lambda case: case.name)
class TestRenderers(RendererContract):
    """A format joins by a case of its own in `renderers_cases`."""
