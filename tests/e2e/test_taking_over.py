"""A whole service in one process that was killed goes on as soon as it is started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import stack_data
from tests.installations import embedded, start_all
from tests.servers import fresh_database
from tests.stacks import Client, copied, running

LONGER_THAN_ANYBODY_WAITS = {"WAYBILL_LEASE_SECONDS": "600"}


@pytest.fixture
def client(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Iterator[Client]:
    with fresh_database(postgres_url) as url:
        stack_data.load(url)
        stack = embedded(request, tmp_path, url, LONGER_THAN_ANYBODY_WAITS)
        with running(stack, start_all) as found:
            yield found


def test_what_was_under_way_waits_for_no_lease(client: Client) -> None:
    stack = client.stack
    export_id = client.request("sales", stack_data.LIKE_COPY)["id"]
    stack.eventually(lambda: client.show(export_id)["progress"]["parts"] > 0)
    stack.kill("up")
    stack.restart("up")
    assert client.ended(export_id)["status"] == "completed"
    assert client.file(export_id) == copied(stack, stack_data.QUERY)
