"""What the kernel writes too is tested with and without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernels import By, rendering

_BOTH = {
    *("test_csv", "test_csv_numbers", "test_fragments", "test_json", "test_moments", "test_ndjson"),
    *("test_nested_json", "test_cells", "test_summary", "test_workbook"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in _BOTH:
        metafunc.fixturenames.append("rendered_by")
        metafunc.parametrize("rendered_by", By, indirect=True, scope="module")


@pytest.fixture(scope="module")
def rendered_by(request: pytest.FixtureRequest) -> Iterator[By]:
    with rendering(request.param):
        yield request.param
