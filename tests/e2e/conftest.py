"""An installation for all end-to-end tests, over each transport."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import stack_data
from tests.installations import TRANSPORTS, installation, start_all
from tests.replayed import assert_read_models_equal_the_log
from tests.servers import fresh_database
from tests.stacks import Client, running


@pytest.fixture(scope="package", params=TRANSPORTS)
def client(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A client of a running installation with the test's datasets."""
    home = tmp_path_factory.mktemp(request.param)
    with fresh_database(postgres_url) as url:
        stack_data.load(url)
        stack_data.load_demo(url)
        with running(installation(request.param, request, home, url), start_all) as found:
            yield found
            # After the last test: whatever they all did, the read models are what the log says.
            assert_read_models_equal_the_log(url)
