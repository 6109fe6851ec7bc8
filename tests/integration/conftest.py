"""What several of these tests stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.read_models import Site, open_site


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    with open_site(database_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_site(module_database_url: str) -> Iterator[Site]:
    """One database for all examples of a law: each example has aggregates of its own."""
    with open_site(module_database_url) as opened:
        yield opened
