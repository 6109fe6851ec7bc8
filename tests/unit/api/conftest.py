"""A site with five things, for the tests of the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes_api import Site, open_site

THINGS = [b"%d\tname %d" % (number, number) for number in range(5)]


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(THINGS) as opened:
        yield opened
