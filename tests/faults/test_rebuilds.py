"""Read models are made anew under traffic, and whoever makes them is killed: the live table is
right at each moment, and equal to the log at the end."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.faults.worlds import World, patiently
from tests.stacks import ENDED, WAYBILL

_MODEL = "history"


@pytest.mark.quick_on("embedded")
def test_rebuilds_that_are_killed_leave_the_live_table_right_at_each_moment(world: World) -> None:
    exports: list[str] = []
    with _watched(world, exports):
        for _ in range(2):
            exports.append(world.request())
            _killed_rebuild(world)
            exports.append(world.request())
            world.stack.run("rebuild")
        for export in exports:
            world.assert_whole(export)
        world.stack.run("rebuild")
    world.check()
    assert _tables(world) == 1


def _killed_rebuild(world: World) -> None:
    """Killed when the new table is built and about to be switched to, which we hold up."""
    with psycopg.connect(world.stack.database_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock_shared(7301011, hashtext(%s))", (_MODEL,))
        rebuild = subprocess.Popen(
            [WAYBILL, "rebuild", _MODEL], env=world.stack.env, stdout=subprocess.DEVNULL
        )
        world.eventually(lambda: _tables(world) == 2 and _switches(world))
        rebuild.kill()
        rebuild.wait(timeout=10)
    world.eventually(lambda: not _rebuilds(world))  # the server has noticed


@contextmanager
def _watched(world: World, exports: list[str]) -> Iterator[None]:
    """All the time, nobody who lists the exports misses one that was there, or sees one that has
    ended go on."""
    done = threading.Event()
    wrong: list[str] = []

    def watch() -> None:
        known: dict[str, str] = {}
        while not done.is_set():
            found = {each["id"]: each["status"] for each in _listed(world)}
            wrong.extend(_lost_or_revived(known, found))
            known = {export: status for export, status in found.items() if export in exports}
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert not wrong, wrong[:5]


def _listed(world: World) -> list[dict[str, Any]]:
    answer = patiently(lambda: world.client.http.get("/v1/exports?limit=100").raise_for_status())
    return list(answer.json()["items"])


def _lost_or_revived(before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    for export, status in before.items():
        if export not in now:
            yield f"{export} was {status}, and is not listed any more"
        elif status in ENDED and now[export] != status:
            yield f"{export} was {status}, and is {now[export]}"


def _tables(world: World) -> int:
    return _count(world, f"pg_tables WHERE tablename ~ '^{_MODEL}_v[0-9]+$'")


def _switches(world: World) -> int:
    """Those who wait for the lock of a switch."""
    return _count(world, f"{_LOCKS} AND classid = 7301011 AND NOT granted")


def _rebuilds(world: World) -> int:
    return _count(world, f"{_LOCKS} AND classid = 7301010")


_LOCKS = (
    "pg_locks JOIN pg_database ON pg_database.oid = database"
    " WHERE datname = current_database() AND locktype = 'advisory'"
)


def _count(world: World, what: str) -> int:
    with psycopg.connect(world.stack.database_url, autocommit=True) as connection:
        row = connection.execute(f"SELECT count(*) FROM {what}".encode()).fetchone()
    assert row is not None
    return int(row[0])
