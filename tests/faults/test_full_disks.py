"""Scenario 10: no room left where rows are staged, where parts are put, and for PostgreSQL. The
disks are small ones of memory, which only root may mount; without root these are left out, and
tests/e2e/test_faulty_worlds.py tries the file store with a limit on the size of files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from infra.dev.postgres import Postgres
from tests.faults.worlds import World, open_world

pytestmark = [pytest.mark.full, pytest.mark.root]

_PIECE = bytes(65_536)
STAGED = 1
PARTS = 6
"""Megabytes: the first is too little for the staged rows, the second enough for them only."""


@pytest.mark.parametrize("megabytes", [STAGED, PARTS])
def test_the_file_store_is_full(
    request: pytest.FixtureRequest, tmp_path: Path, megabytes: int
) -> None:
    folder = tmp_path / "files"
    with disk(folder, megabytes) as files:
        env = {"WAYBILL_FILES": str(folder)}
        with open_world("embedded", request, tmp_path, env=env) as world:
            export = world.ended(export_id := world.request())
            assert export["status"] == "failed"
            assert export["failure"]["reason"] == "storage-full"
            files.grow(200)
            world.client.http.post(f"/v1/exports/{export_id}/retry").raise_for_status()
            world.assert_whole(export_id)
            world.check()
            world.assert_swept()


def test_the_database_is_full(
    request: pytest.FixtureRequest, tmp_path: Path, data_dir: Path
) -> None:
    with disk(data_dir / "pg", 400) as room:
        postgres = Postgres(room.folder / "server")
        try:
            server = postgres.start()
            with open_world("embedded", request, tmp_path, server=server) as world:
                _fill_and_free(world, room)
        finally:
            postgres.stop()


def _fill_and_free(world: World, room: Disk) -> None:
    """Waits while there is no room, says so, and goes on by itself."""
    before = world.request()
    world.assert_whole(before)
    export_id = world.request()
    room.fill()
    answers = {_ask(world) for _ in range(300)}
    assert answers <= {202, 503}, answers
    assert 503 in answers, "the disk was not full"
    room.free()
    world.assert_whole(export_id)
    for each in list(world.acknowledged):
        assert world.ended(each)["status"] == "completed"
    world.check()


def _ask(world: World) -> int:
    """A small export; large enough in the log to need a new page now and then."""
    body = {"dataset": "sales", "formats": ["csv"], "limit": 1, "purpose": "x" * 400}
    answer = world.client.http.post("/v1/exports", json=body)
    if answer.status_code == 202:
        world.acknowledged.append(answer.json()["id"])
    return answer.status_code


class Disk:
    """A small disk at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def grow(self, megabytes: int) -> None:
        _run("mount", "-o", f"remount,size={megabytes}m", str(self.folder))

    def fill(self) -> None:
        """Leaves no room at all."""
        with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
            while ballast.write(_PIECE) == len(_PIECE):
                pass

    def free(self) -> None:
        self._ballast.unlink()


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", str(folder))
    try:
        yield Disk(folder)
    finally:
        _run("umount", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
