"""Child processes do tasks one after another, can be ended, and are replaced when they die."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from pickle import PicklingError
from typing import Any

import pytest

from domain.ports import RowsRefused
from processors.child_life import LAST_WORDS
from processors.children import ChildDied, Children, Stop, TaskStopped
from processors.error_places import described
from tests.unit.processors.children_tasks import setup, unfit


@pytest.fixture
def children() -> Iterator[Children]:
    children = Children(2, setup, {"start": 100}, ["tests.unit.processors.children_tasks"])
    yield children
    children.close()


def _nothing(_: Any) -> None: ...


def test_a_child_is_set_up_once_and_used_again(children: Children) -> None:
    assert [children.run("count", _nothing) for _ in range(3)] == [101, 102, 103]


def test_a_child_has_a_name_by_which_the_system_tells_it() -> None:
    children = Children(1, setup, {"start": 0}, [], name="wb-render")
    assert children.run("name", _nothing) == "wb-render\n"
    children.close()


def test_what_a_task_says_meanwhile_arrives_in_order(children: Children) -> None:
    heard: list[int] = []
    assert children.run("emit", heard.append) == 3
    assert heard == [1, 2]


def test_an_error_of_the_task_is_raised_here_and_the_child_lives(children: Children) -> None:
    children.run("count", _nothing)
    with pytest.raises(RowsRefused, match="no such column"):
        children.run("refuse", _nothing)
    with pytest.raises(RuntimeError, match="Unpicklable"):
        children.run("unpicklable", _nothing)
    with pytest.raises(ConnectionResetError, match="the task's own"):
        children.run("os error", _nothing)
    assert children.run("count", _nothing) == 105


def test_an_error_of_the_task_names_the_line_that_raised_it(children: Children) -> None:
    with pytest.raises(ValueError, match="Zo") as raised:
        children.run("quote a row", _nothing)
    assert re.fullmatch(
        r"ValueError in tests\.unit\.processors\.children_tasks:\d+", described(raised.value)
    )


def test_a_child_that_dies_is_replaced(children: Children) -> None:
    children.run("count", _nothing)
    with pytest.raises(ChildDied):
        children.run("die", _nothing)
    assert children.run("count", _nothing) == 101


def test_a_task_is_stopped_by_ending_its_process(children: Children) -> None:
    stop, pids = Stop(), list[int]()
    ended: list[BaseException] = []

    def run() -> None:
        try:
            children.run("sleep", pids.append, stop)
        except TaskStopped as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not pids:
        time.sleep(0.01)
    stop()
    thread.join(timeout=10)
    assert len(ended) == 1
    assert not Path(f"/proc/{pids[0]}").exists()


def test_a_task_that_was_stopped_before_it_began_does_not_begin(children: Children) -> None:
    stop = Stop()
    stop()
    with pytest.raises(TaskStopped):
        children.run("count", _nothing, stop)
    assert children.run("count", _nothing) == 101


def test_no_more_run_at_once_than_there_are_places(children: Children) -> None:
    stops = [Stop() for _ in range(3)]
    pids: list[int] = []

    def run(stop: Stop) -> None:
        with pytest.raises(TaskStopped):
            children.run("sleep", pids.append, stop)

    threads = [threading.Thread(target=run, args=(stop,)) for stop in stops]
    for thread in threads:
        thread.start()
    while len(pids) < 2:
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(pids) == 2
    for stop in stops:
        stop()
    for thread in threads:
        thread.join(timeout=10)


def test_warm_children_wait_for_work_and_closing_ends_them(children: Children) -> None:
    children.warm(2)
    pids: list[int] = []
    stop = Stop()
    thread = threading.Thread(target=lambda: _swallow(children, pids, stop))
    thread.start()
    while not pids:
        time.sleep(0.01)
    stop()
    thread.join(timeout=10)
    children.close()
    assert not Path(f"/proc/{pids[0]}").exists()


def test_a_child_whose_words_nobody_could_hear_is_replaced(children: Children) -> None:
    def deaf(_: Any) -> None:
        raise LookupError

    children.run("count", _nothing)
    for _ in range(3):
        with pytest.raises(LookupError):
            children.run("emit", deaf)
    assert children.run("count", _nothing) == 101


def test_a_task_that_cannot_be_sent_is_its_callers_error(children: Children) -> None:
    with pytest.raises((AttributeError, TypeError, PicklingError)):
        children.run(lambda: None, _nothing)
    assert children.run("count", _nothing) == 101


def test_a_child_that_has_grown_large_is_replaced_after_its_task() -> None:
    children = Children(1, setup, {"start": 0}, [], most_memory=1)
    pids = {children.run("pid", _nothing) for _ in range(3)}
    children.close()
    assert len(pids) == 3
    assert not any(map(_runs, pids))


def test_a_child_that_could_not_be_set_up_says_why_and_another_is_tried() -> None:
    children = Children(1, unfit, None, [])
    for _ in range(2):
        with pytest.raises(RowsRefused, match="no such source"):
            children.run("count", _nothing)
    children.close()


def test_children_outlive_their_fork_server_and_new_ones_get_another(children: Children) -> None:
    first, before = children.run("pid", _nothing), children.run("fork server", _nothing)
    os.kill(before, signal.SIGKILL)
    _wait_until(lambda: not _runs(before))
    second, after = children.run("pid", _nothing), children.run("fork server", _nothing)
    assert (first != second, before != after) == (True, True)
    _wait_until(lambda: not _runs(first))


def test_a_task_is_stopped_though_the_fork_server_is_dead(children: Children) -> None:
    stop, pids = Stop(), list[int]()
    server = children.run("fork server", _nothing)
    thread = threading.Thread(target=lambda: _swallow(children, pids, stop))
    thread.start()
    _wait_until(lambda: bool(pids))
    os.kill(server, signal.SIGKILL)
    _wait_until(lambda: not _runs(server))
    stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    _wait_until(lambda: not _runs(pids[0]))


def test_a_child_in_the_middle_of_a_task_ends_when_its_parent_is_killed() -> None:
    command = [sys.executable, "-m", "tests.unit.processors.children_tasks"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    _wait_until(lambda: not _runs(child))


def test_a_stop_never_waits_for_the_process_that_it_ends(children: Children) -> None:
    stop, pids = Stop(), list[int]()
    thread = threading.Thread(target=lambda: _swallow(children, pids, stop))
    thread.start()
    _wait_until(lambda: bool(pids))
    os.kill(pids[0], signal.SIGSTOP)
    started = time.monotonic()
    stop()
    assert time.monotonic() - started < LAST_WORDS
    thread.join(timeout=10)
    assert not _runs(pids[0])


def test_closing_ends_what_runs_and_what_is_started_later(children: Children) -> None:
    pids: list[int] = []

    def run() -> None:
        with pytest.raises((ChildDied, TaskStopped)):
            children.run("sleep", pids.append)

    thread = threading.Thread(target=run)
    thread.start()
    _wait_until(lambda: bool(pids))
    children.close()
    thread.join(timeout=10)
    late = children.run("pid", _nothing)
    _wait_until(lambda: not _runs(pids[0]) and not _runs(late))


def test_neither_descriptors_nor_threads_are_left_behind(children: Children) -> None:
    def once() -> None:
        with pytest.raises(ChildDied):
            children.run("die", _nothing)

    once()
    before = _held()
    for _ in range(10):
        once()
    assert _held() == before


def _held() -> tuple[int, int]:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def _runs(pid: int) -> bool:
    """A process that was killed but not reaped yet runs no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait_until(reached: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _swallow(children: Children, pids: list[int], stop: Stop) -> None:
    with pytest.raises(TaskStopped):
        children.run("sleep", pids.append, stop)
