"""The tables of work are lost in the middle of an export: it is found again in the log."""

from __future__ import annotations

import psycopg
import pytest

from tests.faults.worlds import World


@pytest.mark.full
def test_an_export_whose_work_was_lost_is_found_again_and_completes(world: World) -> None:
    export = world.request()
    world.wait_for_a_part(export)
    with psycopg.connect(world.stack.database_url) as connection:
        connection.execute("TRUNCATE jobs, workers, open_exports, expiries, sweeps")
    world.assert_whole(export)
    world.check()
