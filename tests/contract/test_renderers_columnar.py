"""The renderers' contract on every format of typed columns."""

from __future__ import annotations

import pytest

from domain.formats import Format
from tests.contract.renderers_cases import CASES
from tests.contract.renderers_contract import RendererContract

COLUMNAR = [case for case in CASES if case.spec.format in {Format.PARQUET, Format.ARROW}]


@pytest.mark.parametrize("case", COLUMNAR, ids=lambda case: case.name)
class TestRenderers(RendererContract):
    """A format joins by a case of its own in `renderers_cases`."""
