"""A pid file is a claim, not a proof."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra import postmaster
from infra.postmaster import PID_FILE, Postmaster, described, end, running, until


def _claim(data: Path, pid: int, status: str = "ready   ") -> None:
    lines = [pid, data, 1_700_000_000, 5432, "", "127.0.0.1", "  1 2", status]
    (data / PID_FILE).write_text("\n".join(map(str, lines)) + "\n")


def test_the_file_says_who_and_where(tmp_path: Path) -> None:
    _claim(tmp_path, 77)
    assert described(tmp_path) == Postmaster(pid=77, port=5432, ready=True)


def test_a_server_that_is_starting_is_not_ready(tmp_path: Path) -> None:
    _claim(tmp_path, 77, "starting")
    assert described(tmp_path) == Postmaster(pid=77, port=5432, ready=False)


@pytest.mark.parametrize("text", ["", "77\n", "77\n/data\n1\nnot a port\n"])
def test_a_file_that_is_being_written_describes_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / PID_FILE).write_text(text)
    assert described(tmp_path) is None


def test_without_a_file_nobody_runs(tmp_path: Path) -> None:
    assert running(tmp_path) is None


def test_a_process_id_that_is_somebody_elses_by_now_does_not_count(tmp_path: Path) -> None:
    _claim(tmp_path, os.getpid())
    assert running(tmp_path) is None
    end(tmp_path)  # and is left alone: this test goes on


def test_a_dead_process_does_not_count(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    _claim(tmp_path, process.pid)
    assert running(tmp_path) is None


def test_a_server_that_ignores_a_request_is_ended_all_the_same(tmp_path: Path) -> None:
    """SIGQUIT as usual, which a shell's background commands ignore, and this test may be one."""
    stubborn = (
        "from signal import *; signal(SIGINT, SIG_IGN); signal(SIGQUIT, SIG_DFL);"
        "print(flush=True); pause()"
    )
    command = [sys.executable, "-c", stubborn, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        _claim(tmp_path, process.pid)
        end(tmp_path, patience=0.1)
    assert process.returncode == -signal.SIGQUIT


def test_waiting_has_an_end() -> None:
    assert not until(lambda: False, 0.05)


def test_where_there_is_no_proc_ps_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ps").write_text('#!/bin/sh\n[ "$5" = 77 ] && echo "postgres -D /data"\n')
    (tmp_path / "ps").chmod(0o755)
    monkeypatch.setattr(postmaster, "_PS", str(tmp_path / "ps"))
    assert postmaster._command_line_by_ps(77) == ["postgres", "-D", "/data"]
    assert postmaster._command_line_by_ps(78) == []
