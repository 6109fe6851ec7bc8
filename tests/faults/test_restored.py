"""The event store is restored to an earlier backup: whoever follows it says so and stops, and the
documented way (docs/transports.md, "After a restore") leads back, to a whole installation."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from infra.postgres_place import wheel_programs
from tests.faults.worlds import World, open_world
from tests.installations import TRANSPORTS
from tests.stacks import WAYBILL, Stack

pytestmark = pytest.mark.full


@pytest.fixture(params=TRANSPORTS)
def own_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with open_world(request.param, request, tmp_path) as world:
        yield world


def test_a_store_that_was_restored_goes_on_by_the_documented_way(
    own_world: World, postgres_url: str, tmp_path: Path
) -> None:
    world, stack = own_world, own_world.stack
    kept = world.request()
    world.assert_whole(kept)
    backup = _backed_up(stack.database_url, tmp_path / "backup")
    never = world.request()
    world.assert_whole(never)

    names = list(stack.processes)
    assert set(stack.stop().values()) == {0}
    _restore(stack.database_url, backup, postgres_url)
    _who_goes_on_says_so(world)
    _new_epoch_is_refused_while_somebody_is_connected(stack)
    assert "consumers start over" in _said(stack, "new-epoch")
    if world.transport == "kafka":
        stack.env["WAYBILL_KAFKA_PREFIX"] = f"again{secrets.token_hex(4)}."
        stack.run("migrate")
    stack.run("rebuild")
    for name in names:
        stack.restart(name)

    after = world.request()
    world.assert_whole(after)
    assert world.client.http.get(f"/v1/exports/{never}").status_code == 404
    assert world.client.file(kept) == world.expected
    world.acknowledged.remove(never)
    world.check()
    world.eventually(lambda: _doctor(stack).returncode == 0)
    _what_never_happened_is_swept(world, never)


def _what_never_happened_is_swept(world: World, never: str) -> None:
    """Only by hand: a later backup may be restored yet, in which it did happen."""
    found = json.loads(_said(world.stack, "sweep", "--json"))
    assert (found["export"], found["why"], found["removed"]) == (never, "unknown", False)
    assert found["objects"] > 0
    assert "Removed" in _said(world.stack, "sweep", "--remove")
    world.assert_swept()
    assert "Nothing lies" in _said(world.stack, "sweep")


def _who_goes_on_says_so(world: World) -> None:
    """On Kafka a relay sees that the store doesn't know what is published, before it adds to it.
    Everywhere a process sees that a new epoch was begun while it runs."""
    stack = world.stack
    if world.transport == "kafka":
        stack.start_again("relay")
        _ends_with_advice(stack, "relay")
    assert ("not in the store" in _doctor(stack).stdout) == (world.transport == "kafka")
    others = ["api", stack.workers[0]] if world.transport == "kafka" else ["up"]
    for name in others:
        stack.restart(name)
    _said(stack, "new-epoch", "--force")
    for name in others:
        _ends_with_advice(stack, name)


def _ends_with_advice(stack: Stack, name: str) -> None:
    process = stack.processes.pop(name)
    try:
        assert process.wait(timeout=60) == 1
    finally:
        process.kill()
    assert "waybill new-epoch" in stack.logs()


def _new_epoch_is_refused_while_somebody_is_connected(stack: Stack) -> None:
    with psycopg.connect(stack.database_url, application_name="a forgotten worker"):
        refused = _waybill(stack, "new-epoch")
    assert refused.returncode == 1
    assert "Stop every process" in refused.stderr
    assert "a forgotten worker" in refused.stderr


def _said(stack: Stack, *command: str) -> str:
    done = _waybill(stack, *command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _doctor(stack: Stack) -> subprocess.CompletedProcess[str]:
    return _waybill(stack, "doctor")


def _waybill(stack: Stack, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [WAYBILL, *command],
        env=stack.env,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def _backed_up(url: str, path: Path) -> Path:
    subprocess.run(
        [wheel_programs() / "pg_dump", "--format=custom", f"--file={path}", url],
        check=True,
        timeout=90,
    )
    return path


def _restore(url: str, backup: Path, server: str) -> None:
    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    subprocess.run(
        [wheel_programs() / "pg_restore", f"--dbname={url}", backup], check=True, timeout=90
    )
