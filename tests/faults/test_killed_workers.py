"""A worker or a child that is killed at any of the fault points: the export ends, with the same
file, and what was recorded is not done again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from processors.fault_points import Point
from tests.faults.one_export import LINES

IN_THE_CHILD = {Point.STAGE_PUT, Point.PART_PUT, Point.ASSEMBLE, Point.MANIFEST}
STARTS_OVER = {Point.STAGE_RECORD, Point.STAGE_PUT}
"""Those in the middle of an extraction, whose snapshot is gone."""
MANY = {Point.STAGE_PUT, Point.PART_PUT, Point.CHUNK_RECORD}
OF_WORKERS = [point for point in Point if point is not Point.RELAY_SAVE]
CASES = [*((point, 1) for point in OF_WORKERS), *((point, 3) for point in sorted(MANY))]


def run(folder: Path, faults: str = "", *, once: bool = True) -> subprocess.CompletedProcess[str]:
    marks = folder / "once"
    marks.mkdir(exist_ok=True)
    environment = {"WAYBILL_FAULTS": faults, "WAYBILL_FAULTS_ONCE": str(marks) if once else ""}
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.one_export", str(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@cache
def expected() -> str:
    rows = [b"Id,Name", *(line.replace(b"\t", b",") for line in LINES)]
    return sha256(b"".join(row + b"\r\n" for row in rows)).hexdigest()


def test_without_faults_it_simply_ends(tmp_path: Path) -> None:
    assert run(tmp_path).stdout.split() == ["completed", "1", expected()]


@pytest.mark.parametrize(("point", "hit"), CASES)
def test_a_kill_costs_time_and_nothing_else(point: Point, hit: int, tmp_path: Path) -> None:
    killed = run(tmp_path, f"{point}:kill:{hit}")
    struck = any((tmp_path / "once").iterdir())
    if struck and point not in IN_THE_CHILD:
        assert killed.returncode == -signal.SIGKILL
    ended = run(tmp_path)
    status, attempt, digest = ended.stdout.split()
    assert (status, digest) == ("completed", expected())
    assert int(attempt) == (2 if struck and point in STARTS_OVER else 1)


def test_a_child_that_is_killed_again_and_again_fails_the_export_with_its_reason(
    tmp_path: Path,
) -> None:
    assert "workers-lost" in run(tmp_path, "part-put:kill", once=False).stderr


@pytest.fixture
def paused(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "WAYBILL_FAULTS": "chunk-record:pause:2"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.one_export", str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def test_a_worker_that_was_paused_goes_on(paused: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while _state(paused.pid) != "T":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    paused.send_signal(signal.SIGCONT)
    out, _ = paused.communicate(timeout=60)
    assert out.split() == ["completed", "1", expected()]


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
